import type { AnyCommands } from '../definition/index.js'
import { parseJson, readMetadata, readSweepMark, WORKERS_GROUP } from '../outcome/index.js'
import type { OpenCommand, StreamNames } from '../outcome/index.js'
import { losesCommands } from '../store/index.js'
import type { ReadOptions, ReadPage, RecordedEvent, Store, StoreLog, SubscriptionError } from '../store/index.js'

type CommandStore = Pick<Store, 'read' | 'groupInfo' | 'serverVersion'>

/** What one command is known by. */
export interface StoredCommandKey {
  readonly aggId: string
  readonly comId: string
  /** Stored name of the command. */
  readonly type: string
}

/** How far workers have come. */
export interface Progress {
  /** Up to here every command has its outcome, is parked, or is among the open ones; -1 where the workers have not begun. */
  readonly decidedTo: bigint
  readonly open: readonly OpenCommand[]
}

const PAGE = 256
/**
 * So many of the youngest parked commands are looked at, and so many commands below the workers' checkpoint on servers that lose some.
 * What a crash of the server loses was in the group's buffer, which holds fewer.
 */
const DEPTH = 16_384n
/** Single commands that are read at once. */
const SIDE_BY_SIDE = 16

/** What the stored commands of one aggregate type tell a sender. */
export class CommandStream {
  readonly #store: CommandStore
  readonly #commands: AnyCommands
  readonly #streams: StreamNames
  readonly #stream: string
  readonly #log: StoreLog
  readonly #turns: Array<() => void> = []
  #reading = 0
  #deniedTold = false

  constructor (store: CommandStore, commands: AnyCommands, streams: StreamNames, log: StoreLog) {
    this.#store = store
    this.#commands = commands
    this.#streams = streams
    this.#stream = streams.commands
    this.#log = log
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

  /**
   * How far the workers have come: to the checkpoint of their group, or, on servers where that can pass commands that nobody has handled,
   * to the mark up to which they have looked for those.
   */
  async progress (): Promise<Progress> {
    const info = await this.#store.groupInfo(this.#stream, WORKERS_GROUP)
    const checkpoint = info?.lastCheckpointed ?? -1n
    if (checkpoint < 0n || !losesCommands(await this.#store.serverVersion())) return { decidedTo: checkpoint, open: [] }
    const page = await this.#store.read(this.#streams.sweep, { direction: 'backwards', from: 'end', count: 1 })
    const { revision: swept, open } = readSweepMark(page.kind === 'page' ? page.events[0]?.event : undefined)
    const decidedTo = swept >= checkpoint ? checkpoint : swept > checkpoint - DEPTH ? swept : checkpoint - DEPTH
    return { decidedTo, open }
  }

  /**
   * Whether the command stands in the command stream where the workers may not have decided it: above what they have come to, or among what
   * they could not decide.
   * @param wanted is asked before each page whether to go on
   */
  async isUndecided ({ decidedTo, open }: Progress, key: StoredCommandKey, wanted: () => boolean): Promise<boolean> {
    for (const { revision, comId } of open) {
      if (comId !== key.comId) continue
      const event = await this.at(revision, comId)
      if (event !== undefined && this.#is(event, key)) return true
    }
    return await this.#find(key, wanted, decidedTo, options => this.#store.read(this.#stream, options))
  }

  /**
   * Whether the workers have put the command aside.
   * @param wanted is asked before each page whether to go on
   */
  async isParked (key: StoredCommandKey, wanted: () => boolean): Promise<boolean> {
    const { parked } = this.#streams
    try {
      return await this.#find(key, wanted, -1n, options => this.#store.read(parked, { ...options, resolveLinks: true }), DEPTH)
    } catch (err) {
      if (!isDenied(err)) throw err
      if (!this.#deniedTold) {
        this.#log.warn({ err, stream: parked },
          'This user may not read which commands are parked, so that nothing is known of them here: let it read this stream')
      }
      this.#deniedTold = true
      return false
    }
  }

  /** Reads from the end down, to a revision, or so many events far. */
  async #find (
    key: StoredCommandKey, wanted: () => boolean, above: bigint, read: (options: ReadOptions) => Promise<ReadPage>, depth?: bigint
  ): Promise<boolean> {
    let from: bigint | 'end' = 'end'
    let floor = above
    while (wanted()) {
      const page = await read({ direction: 'backwards', from, count: PAGE })
      if (page.kind !== 'page') return false
      let last: bigint | undefined
      for (const { event, link } of page.events) {
        const revision = (link ?? event)!.revision
        if (last === undefined && from === 'end' && depth !== undefined && revision - depth > floor) floor = revision - depth
        if (revision <= floor) return false
        last = revision
        if (event !== undefined && this.#is(event, key)) return true
      }
      if (last === undefined || last === 0n) return false
      from = last - 1n
    }
    return false
  }

  #is (event: RecordedEvent, { aggId, comId, type }: StoredCommandKey): boolean {
    return event.id === comId && event.type === type && this.aggIdOf(event) === aggId
  }
}

function isDenied (error: unknown): boolean {
  return ((error as Error).cause as Partial<SubscriptionError> | undefined)?.trouble === 'access_denied'
}
