import { commandOf } from '../outcome/index.js'
import type { OutcomeReader } from '../outcome/index.js'
import type { RecordedEvent, Store } from '../store/index.js'
import type { LookUp } from './look-up.js'

/** Events in one page; of the first page fewer, since what is asked for is mostly new. */
const FIRST_PAGE = 32
const PAGE = 256

/** One reading of one stream, from its end down, for the outcomes of some commands. */
export class Scan {
  readonly kind: 'aggregate' | 'fail'
  readonly stream: string
  /** Whether it goes on where others have broken off. */
  readonly deep: boolean
  readonly #store: Pick<Store, 'read'>
  readonly #depth: number
  readonly #reader: OutcomeReader
  readonly #lookUps = new Map<string, LookUp[]>()
  /** Nothing that is asked for stands at this revision or below. */
  #floor: bigint | undefined
  /** Where the stream ended when this reading began. */
  #top: bigint | undefined
  #from: bigint | 'end' = 'end'
  #read = 0

  /** @param depth the number of events to read at most */
  constructor (
    store: Pick<Store, 'read'>, { kind, stream, deep, depth }: Pick<Scan, 'kind' | 'stream' | 'deep'> & { readonly depth: number }, reader: OutcomeReader
  ) {
    this.kind = kind
    this.stream = stream
    this.deep = deep
    this.#store = store
    this.#depth = depth
    this.#reader = reader
  }

  /** Events that it has read. */
  get length (): number {
    return this.#read
  }

  add (lookUp: LookUp): void {
    const searched = lookUp.searched[this.kind] ?? -1n
    const others = this.#lookUps.get(lookUp.comId)
    if (others === undefined) this.#lookUps.set(lookUp.comId, [lookUp])
    else others.push(lookUp)
    if (this.#floor === undefined || searched < this.#floor) this.#floor = searched
  }

  /** What is still asked for and was not found. */
  missed (): LookUp[] {
    return [...this.#lookUps.values()].flat().filter(lookUp => lookUp.wanted())
  }

  /** Reads one page; true when there is no need for another one. */
  async readPage (): Promise<boolean> {
    if (this.missed().length === 0) return true
    const count = Math.min(this.#from === 'end' ? FIRST_PAGE : PAGE, this.#depth - this.#read)
    const page = await this.#store.read(this.stream, { direction: 'backwards', from: this.#from, count })
    if (page.kind !== 'page') return true
    let last: bigint | undefined
    for (const { event } of page.events) {
      if (event === undefined) continue
      this.#top ??= event.revision
      last = event.revision
      if (this.#lookUps.has(commandOf(event))) this.#take(event)
    }
    this.#read += page.events.length
    const ended = last === undefined || last - 1n <= this.#floor! || this.#read >= this.#depth
    if (ended) this.#searched()
    if (ended || this.#lookUps.size === 0) return true
    this.#from = last! - 1n
    return false
  }

  #take (event: RecordedEvent): void {
    const sighting = this.#reader.take(event)
    if (sighting.kind !== 'outcome' && sighting.kind !== 'unusable') return
    const { comId } = sighting
    const of = sighting.kind === 'outcome' ? sighting.stored.aggId : sighting.aggId
    const asked = this.#lookUps.get(comId)!
    const answered = asked.filter(({ aggId }) => of === undefined || of === aggId)
    if (sighting.kind === 'unusable') {
      for (const lookUp of answered) lookUp.onUnusable(sighting, event)
      return
    }
    const others = asked.filter(lookUp => !answered.includes(lookUp))
    if (others.length > 0) this.#lookUps.set(comId, others)
    else this.#lookUps.delete(comId)
    for (const lookUp of answered) lookUp.onFound(sighting.stored, event)
  }

  #searched (): void {
    if (this.#top === undefined) return
    for (const lookUp of this.missed()) lookUp.searched[this.kind] = this.#top
  }
}
