import type { Streams } from '../streams/index.js'
import { Projection } from './projection.js'
import { ByCategory } from './rules/by-category.js'
import { byCorrelationId } from './rules/by-correlation-id.js'
import { byEventType } from './rules/by-event-type.js'
import { streamByCategory } from './rules/stream-by-category.js'
import { streams as byStream } from './rules/streams.js'

/** The system projections. All but `$by_category` are stopped until somebody enables them, since each costs a record for each event. */
export class Projections {
  readonly byCategory: Projection
  readonly all: readonly Projection[]

  constructor (streams: Streams) {
    this.byCategory = new Projection(streams, new ByCategory(), true)
    const others = [streamByCategory, byStream, byEventType, byCorrelationId]
    this.all = [this.byCategory, ...others.map((rule) => new Projection(streams, rule, false))]
  }

  find (name: string): Projection | undefined {
    return this.all.find((projection) => projection.name === name)
  }

  async start (): Promise<void> {
    for (const projection of this.all) await projection.start()
  }

  /** Resolves when no write is under way. */
  async close (): Promise<void> {
    await Promise.all(this.all.map((projection) => projection.close()))
  }
}
