import type { AnyCommands } from '../definition/index.js'
import { parseJson, readMetadata, WORKERS_GROUP } from '../outcome/index.js'
import type { StreamNames } from '../outcome/index.js'
import type { RecordedEvent, Store } from '../store/index.js'

const PAGE = 256
/** Single commands that are read at once. */
const SIDE_BY_SIDE = 16

/** What the stored commands of one aggregate type tell a sender. */
export class CommandStream {
  readonly #store: Pick<Store, 'read' | 'groupInfo'>
  readonly #commands: AnyCommands
  readonly #stream: string
  readonly #turns: Array<() => void> = []
  #reading = 0

  constructor (store: Pick<Store, 'read' | 'groupInfo'>, commands: AnyCommands, streams: StreamNames) {
    this.#store = store
    this.#commands = commands
    this.#stream = streams.commands
  }

  /** The last revision; -1 where there is none yet, undefined where the store does not tell. */
  async head (): Promise<bigint | undefined> {
    const page = await this.#store.read(this.#stream, { direction: 'backwards', from: 'end', count: 1 })
    return page.kind === 'page' ? page.head ?? page.events[0]?.event?.revision : -1n
  }

  /** The command, if it is what stands at this revision. */
  async at (revision: bigint, comId: string): Promise<RecordedEvent | undefined> {
    while (this.#reading >= SIDE_BY_SIDE) await new Promise<void>(resolve => { this.#turns.push(resolve) })
    this.#reading++
    try {
      return await this.#readAt(revision, comId)
    } finally {
      this.#reading--
      this.#turns.shift()?.()
    }
  }

  async #readAt (revision: bigint, comId: string): Promise<RecordedEvent | undefined> {
    const page = await this.#store.read(this.#stream, { direction: 'backwards', from: revision, count: 1 })
    const event = page.kind === 'page' ? page.events[0]?.event : undefined
    return event?.revision === revision && event.id === comId ? event : undefined
  }

  /** The aggregate that a stored command is for. */
  aggIdOf (record: RecordedEvent): string | undefined {
    return readMetadata(record.metadata).aggId
  }

  /** What tells a stored command from others of the same id; a body that nobody can read has no fingerprint. */
  identify (record: RecordedEvent): { command: string, fingerprint?: string } {
    const definition = this.#commands.byStoredName(record.type)
    const body = parseJson(record.data)
    return {
      command: record.type,
      ...(definition !== undefined && body !== undefined && { fingerprint: definition.fingerprint(definition.fromStored(body.value)) })
    }
  }

  /** Up to here the workers have brought every command to its end; -1 where they have not begun. */
  async decidedTo (): Promise<bigint> {
    const info = await this.#store.groupInfo(this.#stream, WORKERS_GROUP)
    return info?.lastCheckpointed ?? -1n
  }

  /**
   * The command, if it stands above a revision.
   * @param wanted is asked before each page whether to go on
   */
  async findAbove (revision: bigint, key: { aggId: string, comId: string }, wanted: () => boolean): Promise<RecordedEvent | undefined> {
    let from: bigint | 'end' = 'end'
    while (wanted()) {
      const page = await this.#store.read(this.#stream, { direction: 'backwards', from, count: PAGE })
      if (page.kind !== 'page') return undefined
      let last: bigint | undefined
      for (const { event } of page.events) {
        if (event === undefined) continue
        if (event.revision <= revision) return undefined
        if (event.id === key.comId && this.aggIdOf(event) === key.aggId) return event
        last = event.revision
      }
      if (last === undefined || last === 0n) return undefined
      from = last - 1n
    }
    return undefined
  }
}
