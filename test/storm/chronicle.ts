import type { Entry, Fault, FaultName, Planted, Request } from './history.js'
import { RecordWriter } from './history.js'
import type { FaultKind } from './fault-plan.js'

/** Writes the record, and counts what is in it. */
export class Chronicle {
  readonly #writer: RecordWriter
  readonly #begun = performance.now()
  readonly answers = new Map<string, number>()
  readonly faults = new Map<FaultKind, number>()
  #requests = 0
  #closed = false

  constructor (path: string) {
    this.#writer = new RecordWriter(path)
  }

  /** Milliseconds since the storm began. */
  now (): number {
    return performance.now() - this.#begun
  }

  /** A new request's id. */
  number (): number {
    return ++this.#requests
  }

  write (entry: Entry): void {
    if (!this.#closed) this.#writer.write(entry)
  }

  request (request: Request): void {
    const { method, answer } = request
    count(this.answers, `${method} ${answer.kind === 'answered' ? answer.status : answer.kind}`)
    this.write(request)
  }

  fault (name: FaultName, start: number, targets: readonly string[], details?: Fault['details']): void {
    count(this.faults, name)
    this.write({ kind: 'fault', name, start, end: this.now(), targets, ...details !== undefined && { details } })
  }

  /** To be written before it is tried: nobody knows what becomes of an append that fails. */
  planted (planted: Omit<Planted, 'kind' | 'at'>): void {
    this.write({ kind: 'planted', at: this.now(), ...planted })
  }

  async close (): Promise<void> {
    this.#closed = true
    await this.#writer.close()
  }
}

export function count<K> (counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
