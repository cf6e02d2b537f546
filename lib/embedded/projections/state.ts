import { randomUUID } from 'node:crypto'
import { metastreamOf, type NewRecord, type Streams } from '../streams/index.js'
import { METADATA_TYPE, type LogRecord } from '../log/record.js'
import { jsonObject, mark, markedPosition, text } from './mark.js'
import type { Rule } from './rule.js'

const EMPTY = new Uint8Array(0)

/** How many checkpoints stay readable. */
const KEPT = Buffer.from('{"$maxCount":2}')

/** What the log keeps of a projection besides what it emits: whether it is enabled, and from time to time how far it has come. */
export class ProjectionState {
  readonly #streams: Streams
  readonly #rule: Rule
  readonly #enabledStream: string
  readonly #checkpointStream: string

  constructor (streams: Streams, rule: Rule) {
    this.#streams = streams
    this.#rule = rule
    this.#enabledStream = `$projections-${rule.name}`
    this.#checkpointStream = `$projections-${rule.name}-checkpoint`
  }

  /** Nothing when nobody ever said. */
  async enabled (): Promise<boolean | undefined> {
    const said = await this.#last(this.#enabledStream)
    const enabled = said === undefined ? undefined : jsonObject(text(said.data))?.['enabled']
    return typeof enabled === 'boolean' ? enabled : undefined
  }

  /** @throws what the log says when it cannot write */
  async setEnabled (enabled: boolean): Promise<void> {
    const data = Buffer.from(JSON.stringify({ mode: 'Continuous', enabled }))
    await this.#streams.append({ stream: this.#enabledStream, expected: 'any', events: [event('$ProjectionUpdated', data, EMPTY)] })
  }

  /** Up to which position everything was looked at; more may have been since. */
  async checkpoint (): Promise<bigint | undefined> {
    const last = await this.#last(this.#checkpointStream)
    return last === undefined ? undefined : markedPosition(last)
  }

  /** A checkpoint that stands at a record, to be written with what was emitted up to there. */
  checkpointAt (record: LogRecord): Array<{ stream: string, events: NewRecord[] }> {
    const parts = [{ stream: this.#checkpointStream, events: [event('$ProjectionCheckpoint', Buffer.from('{}'), Buffer.from(mark(this.#rule, record)))] }]
    const metastream = metastreamOf(this.#checkpointStream)
    if (this.#streams.head(metastream) < 0n) parts.unshift({ stream: metastream, events: [event(METADATA_TYPE, KEPT, EMPTY)] })
    return parts
  }

  async #last (stream: string): Promise<LogRecord | undefined> {
    return (await this.#streams.readBackwards(stream, this.#streams.head(stream), 1))[0]
  }
}

function event (type: string, data: Uint8Array, metadata: Uint8Array): NewRecord {
  return { id: randomUUID(), type, json: true, data, metadata }
}
