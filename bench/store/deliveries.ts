import { randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { BACKWARDS, END, StreamNotFoundError } from '@kurrent/kurrentdb-client'
import type { KurrentDBClient } from '@kurrent/kurrentdb-client'
import { deposits } from '../appends.js'
import type { CpuTime } from '../cpu.js'
import { SliceClock } from '../slice.js'
import type { Slice, Way } from '../slice.js'
import { categoryOf, subscribe } from './subscriptions.js'
import type { Source } from './subscriptions.js'

/** Appends in flight, and the events of each. A server drops who follows it live when much more comes at once. */
const WRITERS = 8
const LIVE_BATCH = 10
const BACKLOG_BATCH = 100

/** Milliseconds between two looks at whether the links of a backlog stand. */
const LINKS_INTERVAL = 10

export interface DeliveriesOptions {
  readonly name: string
  readonly source: Source
  readonly cpu?: () => CpuTime
}

abstract class Deliveries implements Way {
  readonly name: string
  readonly parallel = WRITERS * LIVE_BATCH
  readonly cpu?: () => CpuTime
  protected readonly client: KurrentDBClient
  protected readonly source: Source

  constructor (client: KurrentDBClient, { name, source, cpu }: DeliveriesOptions) {
    this.name = name
    if (cpu !== undefined) this.cpu = cpu
    this.client = client
    this.source = source
  }

  abstract run (count: number): Promise<Slice>
}

/** An append whose events have not all been delivered yet. */
interface Wave {
  readonly begin: number
  missing: number
  readonly over: () => void
}

/** Events that are delivered while they are appended, by the same client. The next are appended when those before have arrived. */
export class LiveDeliveries extends Deliveries {
  readonly #stream = newStream()
  readonly #waves: Wave[] = []
  readonly #failed: Promise<never>
  #fail!: (error: unknown) => void
  #clock: SliceClock | undefined
  #end: () => Promise<void> = async () => {}

  constructor (client: KurrentDBClient, options: DeliveriesOptions) {
    super(client, options)
    this.#failed = new Promise((_resolve, reject) => { this.#fail = reject })
    this.#failed.catch(() => {})
  }

  /** Subscribes. */
  async open (): Promise<void> {
    this.#end = await subscribe(this.client, this.source, this.#stream, {
      delivered: ({ data }) => { this.#delivered((data as { writer: number }).writer) },
      failed: this.#fail
    })
  }

  async run (count: number): Promise<Slice> {
    const clock = new SliceClock(this, count)
    this.#clock = clock
    let left = clock.amount
    const writers = Array.from({ length: WRITERS }, async (_, writer) => {
      while (left > 0) {
        const events = Math.min(LIVE_BATCH, left)
        left -= events
        const arrived = new Promise<void>((resolve) => {
          this.#waves[writer] = { begin: performance.now(), missing: events, over: resolve }
        })
        await this.client.appendToStream(this.#stream, deposits(events, { writer }))
        await arrived
      }
    })
    await Promise.race([Promise.all(writers), this.#failed])
    return clock.slice()
  }

  async close (): Promise<void> {
    await this.#end()
  }

  #delivered (writer: number): void {
    const wave = this.#waves[writer]!
    this.#clock!.answered(performance.now() - wave.begin)
    if (--wave.missing === 0) wave.over()
  }
}

/** Events that stand already when somebody subscribes: what a delivery costs without the append. */
export class BacklogDeliveries extends Deliveries {
  async run (count: number): Promise<Slice> {
    const clock = new SliceClock(this, count)
    const stream = newStream()
    await this.#fill(stream, clock.amount)
    let missing = clock.amount
    let end: (() => Promise<void>) | undefined
    await new Promise<void>((resolve, reject) => {
      subscribe(this.client, this.source, stream, {
        delivered: () => {
          clock.answered()
          if (--missing === 0) resolve()
        },
        failed: reject
      }).then((standing) => { end = standing }).catch(reject)
    })
    await end?.()
    return clock.slice()
  }

  async #fill (stream: string, count: number): Promise<void> {
    let left = count
    await Promise.all(Array.from({ length: WRITERS }, async () => {
      while (left > 0) {
        const events = Math.min(BACKLOG_BATCH, left)
        left -= events
        await this.client.appendToStream(stream, deposits(events))
      }
    }))
    // Links that are still being made would be counted with the deliveries.
    while (await this.#links(stream) < count) await wait(LINKS_INTERVAL)
  }

  async #links (stream: string): Promise<number> {
    try {
      for await (const { event } of this.client.readStream(categoryOf(stream), { direction: BACKWARDS, fromRevision: END, maxCount: 1 })) {
        if (event !== undefined) return Number(event.revision) + 1
      }
    } catch (error) {
      if (!(error instanceof StreamNotFoundError)) throw error
    }
    return 0
  }
}

function newStream (): string {
  return `Bench${randomUUID().replaceAll('-', '')}-1`
}
