import { OutcomeReader } from '../outcome/index.js'
import type { StreamNames } from '../outcome/index.js'
import type { Store } from '../store/index.js'
import type { LookUp } from './look-up.js'
import { Scan } from './scan.js'

/** Pages that are read side by side. */
const SIDE_BY_SIDE = 8
/** The original's refusals stand in one stream for all aggregates, which is read so far down, in events. */
const FAIL_TAIL = 4_096

/** What is asked for is mostly new. What does not stand among so many of the youngest events waits for those that look deeper. */
const SHALLOW = 256

/**
 * Looks for outcomes in the streams of aggregates, from the newest event down, and then in the tail of the fail stream. What is
 * asked about one aggregate while no answer has begun is answered by one reading, and each stream has one reading that goes deep at a
 * time: many questions about the past of a long stream cost little more than one. Long streams do not hold up short ones: the
 * readings take turns, page by page.
 */
export class LookUps {
  readonly #store: Pick<Store, 'read'>
  readonly #streams: StreamNames
  readonly #newReader: () => OutcomeReader
  /** Readings that nobody has begun, by stream: who comes now can still join. */
  readonly #joinable = new Map<string, Scan>()
  readonly #deepJoinable = new Map<string, Scan>()
  /** Streams of which one reading goes deep. */
  readonly #deep = new Set<string>()
  readonly #turns: Scan[] = []
  #reading = 0
  #closed = false

  constructor (store: Pick<Store, 'read'>, streams: StreamNames, newReader: () => OutcomeReader) {
    this.#store = store
    this.#streams = streams
    this.#newReader = newReader
  }

  look (lookUp: LookUp): void {
    this.#join({ kind: 'aggregate', stream: this.#streams.aggregate(lookUp.aggId), deep: false }, lookUp)
  }

  close (): void {
    this.#closed = true
    this.#joinable.clear()
    this.#deepJoinable.clear()
    this.#turns.length = 0
  }

  #join (wanted: Pick<Scan, 'kind' | 'stream' | 'deep'>, lookUp: LookUp): void {
    if (this.#closed) return
    const { kind, stream, deep } = wanted
    const joinable = deep ? this.#deepJoinable : this.#joinable
    let scan = joinable.get(stream)
    if (scan === undefined) {
      scan = new Scan(this.#store, { kind, stream, deep, depth: kind === 'fail' ? FAIL_TAIL : Infinity }, this.#newReader())
      joinable.set(stream, scan)
      if (!deep || !this.#deep.has(stream)) this.#queue(scan)
    }
    scan.add(lookUp)
    this.#go()
  }

  #queue (scan: Scan): void {
    if (scan.deep) this.#deep.add(scan.stream)
    this.#turns.push(scan)
  }

  #go (): void {
    while (this.#reading < SIDE_BY_SIDE) {
      const scan = this.#turns.shift()
      if (scan === undefined) return
      const joinable = scan.deep ? this.#deepJoinable : this.#joinable
      // It may be another one, which came while this one was being read.
      if (joinable.get(scan.stream) === scan) joinable.delete(scan.stream)
      this.#reading++
      scan.readPage().then(ended => this.#turned(scan, ended), (error: Error) => this.#failed(scan, error))
    }
  }

  #turned (scan: Scan, ended: boolean): void {
    this.#reading--
    if (this.#closed) return
    if (ended) {
      this.#leave(scan)
      for (const lookUp of scan.missed()) this.#missed(scan, lookUp)
    } else if (!scan.deep && scan.length >= SHALLOW) {
      for (const lookUp of scan.missed()) this.#join({ kind: scan.kind, stream: scan.stream, deep: true }, lookUp)
    } else this.#turns.push(scan)
    this.#go()
  }

  #missed (scan: Scan, lookUp: LookUp): void {
    if (scan.kind === 'fail') lookUp.onMissed()
    else this.#join({ kind: 'fail', stream: this.#streams.fail, deep: false }, lookUp)
  }

  #failed (scan: Scan, error: Error): void {
    this.#reading--
    if (this.#closed) return
    this.#leave(scan)
    for (const lookUp of scan.missed()) lookUp.onFailed(error)
    this.#go()
  }

  #leave (scan: Scan): void {
    if (!scan.deep) return
    this.#deep.delete(scan.stream)
    const next = this.#deepJoinable.get(scan.stream)
    if (next !== undefined) this.#queue(next)
  }
}
