import { OutcomeReader } from '../outcome/index.js'
import type { StreamNames } from '../outcome/index.js'
import type { Store } from '../store/index.js'
import type { LookUp } from './look-up.js'
import { Scan } from './scan.js'

/** Pages that are read side by side. */
const SIDE_BY_SIDE = 8
/** The original's refusals stand in one stream for all aggregates, which is read so far down, in events. */
const FAIL_TAIL = 4_096

/**
 * Looks for outcomes in the streams of aggregates, from the newest event down, and then in the tail of the fail stream. What is
 * asked about one aggregate while no answer has begun is answered by one reading. Long streams do not hold up short ones: the
 * readings take turns, page by page.
 */
export class LookUps {
  readonly #store: Pick<Store, 'read'>
  readonly #streams: StreamNames
  readonly #newReader: () => OutcomeReader
  /** Readings that nobody has begun, by stream: who comes now can still join. */
  readonly #joinable = new Map<string, Scan>()
  readonly #turns: Scan[] = []
  #reading = 0
  #closed = false

  constructor (store: Pick<Store, 'read'>, streams: StreamNames, newReader: () => OutcomeReader) {
    this.#store = store
    this.#streams = streams
    this.#newReader = newReader
  }

  look (lookUp: LookUp): void {
    this.#join('aggregate', this.#streams.aggregate(lookUp.aggId), lookUp)
  }

  close (): void {
    this.#closed = true
    this.#joinable.clear()
    this.#turns.length = 0
  }

  #join (kind: 'aggregate' | 'fail', stream: string, lookUp: LookUp): void {
    if (this.#closed) return
    let scan = this.#joinable.get(stream)
    if (scan === undefined) {
      scan = new Scan(this.#store, kind, stream, kind === 'fail' ? FAIL_TAIL : Infinity, this.#newReader())
      this.#joinable.set(stream, scan)
      this.#turns.push(scan)
    }
    scan.add(lookUp)
    this.#go()
  }

  #go (): void {
    while (this.#reading < SIDE_BY_SIDE) {
      const scan = this.#turns.shift()
      if (scan === undefined) return
      this.#joinable.delete(scan.stream)
      this.#reading++
      scan.readPage().then(ended => this.#turned(scan, ended), (error: Error) => this.#failed(scan, error))
    }
  }

  #turned (scan: Scan, ended: boolean): void {
    this.#reading--
    if (this.#closed) return
    if (!ended) this.#turns.push(scan)
    else for (const lookUp of scan.missed()) this.#missed(scan, lookUp)
    this.#go()
  }

  #missed (scan: Scan, lookUp: LookUp): void {
    if (scan.kind === 'fail') lookUp.onMissed()
    else this.#join('fail', this.#streams.fail, lookUp)
  }

  #failed (scan: Scan, error: Error): void {
    this.#reading--
    if (this.#closed) return
    for (const lookUp of scan.missed()) lookUp.onFailed(error)
    this.#go()
  }
}
