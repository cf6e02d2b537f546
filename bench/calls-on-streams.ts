import { randomUUID } from 'node:crypto'
import type { KurrentDBClient } from '@kurrent/kurrentdb-client'
import type { CpuTime } from './cpu.js'
import { sliceOfCalls } from './slice.js'
import type { Slice, Way } from './slice.js'

export interface CallsOptions {
  readonly name: string
  /** JSON events of each call. */
  readonly events: number
  readonly parallel: number
  readonly cpu?: () => CpuTime
}

/** Calls of the official client, each of those that are in flight at once on a stream of its own. */
export abstract class CallsOnStreams implements Way {
  readonly name: string
  readonly parallel: number
  readonly cpu?: () => CpuTime
  protected readonly client: KurrentDBClient
  protected readonly events: number
  protected readonly streams: readonly string[]

  constructor (client: KurrentDBClient, { name, events, parallel, cpu }: CallsOptions, category: string) {
    this.name = name
    this.parallel = parallel
    if (cpu !== undefined) this.cpu = cpu
    this.client = client
    this.events = events
    this.streams = Array.from({ length: parallel }, () => `${category}-${randomUUID()}`)
  }

  async run (count: number): Promise<Slice> {
    return await sliceOfCalls(this, count, place => this.call(this.streams[place]!))
  }

  protected abstract call (stream: string): Promise<unknown>
}
