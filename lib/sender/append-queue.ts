import { CommandTooLargeError, StoreUnavailableError } from '../errors.js'
import type { AppendAnswer, NewEvent, Store, StoreLog } from '../store/index.js'
import type { Schedule } from './schedule.js'
import type { CommandUnderWay } from './waiters.js'

export interface AppendQueueOptions {
  /** The command stream of the aggregate type. */
  readonly stream: string
  readonly store: Pick<Store, 'append'>
  readonly batchCount: number
  readonly batchBytes: number
  readonly schedule: Schedule
  /**
   * The command stands in the store; `known` and `revision` are set, as far as the answer tells.
   * @param old it stood there before this append left
   */
  readonly onAppended: (command: CommandUnderWay, old: boolean) => void
  /** The store will never take the command. */
  readonly onRejected: (command: CommandUnderWay, error: Error) => void
  readonly log: StoreLog
}

/** Appends of single commands that are in flight side by side. */
const SIDE_BY_SIDE = 32
const FIRST_WAIT_MS = 50
const LONGEST_WAIT_MS = 2_000

/**
 * Puts commands into the command stream. All that wait while the last append is in flight travel in the next one; there is no
 * timer, so a command that comes alone goes at once.
 *
 * What it rests on: an append of several events is all or nothing. With the expectation `any` the store takes an event id that
 * it knows for a repetition, but only where it knows all ids of the append: with the first known and a later one not it answers
 * a conflict and writes nothing, and with the first one new it writes all, the known ones a second time. So a command that may
 * be in the store already travels alone. One that stands there twice is harmless, since the workers decide it once.
 */
export class AppendQueue {
  readonly #options: AppendQueueOptions
  /** Never sent by this node: to travel together. */
  #fresh: CommandUnderWay[] = []
  /** To travel alone. */
  readonly #alone: CommandUnderWay[] = []
  #head: bigint | undefined
  #batchInFlight = false
  #singlesInFlight = 0
  #planned: NodeJS.Immediate | undefined
  #waits = 0
  #waiting = false
  #closed = false

  constructor (options: AppendQueueOptions) {
    this.#options = options
  }

  /** The command stream is known to reach this far. */
  reached (head: bigint): void {
    if (this.#head === undefined || head > this.#head) this.#head = head
  }

  add (command: CommandUnderWay): void {
    if (this.#closed) return
    if (command.triedBefore) this.#alone.push(command)
    else this.#fresh.push(command)
    this.#plan()
  }

  /** Sends nothing more; what is in flight is answered as it would be. */
  close (): void {
    this.#closed = true
    clearImmediate(this.#planned)
    this.#fresh = []
    this.#alone.length = 0
  }

  /** Everything that comes in one turn of the event loop goes together. */
  #plan (): void {
    if (this.#planned !== undefined || this.#waiting || this.#closed) return
    this.#planned = setImmediate(() => {
      this.#planned = undefined
      this.#send()
    })
  }

  #send (): void {
    while (this.#singlesInFlight < SIDE_BY_SIDE) {
      const command = this.#alone.shift()
      if (command === undefined) break
      if (command.waiters.size > 0) this.#sendSingle(command)
    }
    if (this.#batchInFlight) return
    const batch = this.#takeBatch()
    if (batch.length > 0) this.#sendBatch(batch)
  }

  #takeBatch (): CommandUnderWay[] {
    const { batchCount, batchBytes } = this.#options
    const batch: CommandUnderWay[] = []
    let bytes = 0
    let taken = 0
    for (const command of this.#fresh) {
      // Nobody waits for it any more, and it was told that it did not go.
      if (command.waiters.size === 0) {
        taken++
        continue
      }
      const size = storedSize(command.event)
      if (batch.length >= batchCount || (batch.length > 0 && bytes + size > batchBytes)) break
      batch.push(command)
      bytes += size
      taken++
    }
    this.#fresh = this.#fresh.slice(taken)
    return batch
  }

  #sendSingle (command: CommandUnderWay): void {
    this.#singlesInFlight++
    this.#append([command], () => { this.#singlesInFlight-- })
  }

  #sendBatch (batch: readonly CommandUnderWay[]): void {
    this.#batchInFlight = true
    this.#append(batch, () => { this.#batchInFlight = false })
  }

  #append (commands: readonly CommandUnderWay[], onAnswer: () => void): void {
    const headBefore = this.#head
    const before = commands.map(command => command.standing)
    for (const command of commands) command.standing = 'perhaps'
    const settle = (answer: AppendAnswer): void => {
      onAnswer()
      this.#take(commands, before, answer, headBefore)
      this.#plan()
    }
    this.#options.store.append(this.#options.stream, 'any', commands.map(command => command.event))
      .then(settle, (error: Error) => settle({ kind: 'unknown', error }))
  }

  #take (
    commands: readonly CommandUnderWay[], before: ReadonlyArray<CommandUnderWay['standing']>, answer: AppendAnswer,
    headBefore: bigint | undefined
  ): void {
    const { log, stream, onAppended } = this.#options
    if (answer.kind === 'written') {
      this.#waits = 0
      this.reached(answer.revision)
      // A revision that the stream had before this append left: the store knew the commands, and wrote nothing.
      const old = headBefore !== undefined && answer.revision <= headBefore
      commands.forEach((command, index) => {
        command.standing = 'appended'
        // An append of this node whose fate was unknown may have brought it there.
        command.known ||= old && before[index] !== 'perhaps'
        if (!old || commands.length === 1) command.revision = answer.revision - BigInt(commands.length - 1 - index)
        onAppended(command, old)
      })
      return
    }
    if (answer.kind === 'unknown') {
      log.warn({ err: answer.error, stream, commands: commands.length }, 'Nobody knows whether an append of commands was written: they are appended again')
      for (const command of commands) command.triedBefore = true
      this.#again(commands)
      return
    }
    // Surely not written this time; what an earlier attempt of unknown fate did stays unknown.
    commands.forEach((command, index) => { command.standing = before[index]! })
    if (answer.kind === 'unavailable') {
      log.debug({ err: answer.error, stream, commands: commands.length }, 'The store does not take commands at the moment: they are appended again')
      for (const command of commands) {
        command.trouble = answer.error
        if (command.standing === 'not_tried') command.standing = 'refused'
      }
      this.#again(commands)
    } else if (commands.length > 1 && answer.kind !== 'deleted') {
      // One of them is known to the store already, or is what it rejects: the others are not to suffer from it.
      this.#alone.push(...commands)
    } else {
      for (const command of commands) this.#reject(command, answer)
    }
  }

  #reject (command: CommandUnderWay, answer: Exclude<AppendAnswer, { kind: 'written' | 'unknown' | 'unavailable' }>): void {
    const { log, onRejected, stream } = this.#options
    if (answer.kind === 'rejected' && answer.reason === 'too_large') {
      onRejected(command, new CommandTooLargeError())
      return
    }
    const cause = answer.kind === 'rejected'
      ? answer.error
      : new Error(answer.kind === 'deleted' ? `The stream ${stream} is deleted for ever` : `The stream ${stream} does not take what any stream takes`)
    log.error({ err: cause, stream, comId: command.comId }, 'The store refuses a command: look at its access rights and at the command stream')
    onRejected(command, new StoreUnavailableError({ cause }))
  }

  /** Before all others, after a pause that grows while the store stays away, and that differs from node to node. */
  #again (commands: readonly CommandUnderWay[]): void {
    if (this.#closed) return
    for (const command of commands) {
      if (command.triedBefore) this.#alone.push(command)
    }
    const fresh = commands.filter(command => !command.triedBefore)
    if (fresh.length > 0) this.#fresh = [...fresh, ...this.#fresh]
    if (this.#waiting) return
    this.#waiting = true
    const wait = Math.min(FIRST_WAIT_MS * 2 ** this.#waits++, LONGEST_WAIT_MS)
    this.#options.schedule.after(wait * (0.5 + Math.random() / 2), () => {
      this.#waiting = false
      this.#plan()
    })
  }
}

/** As the store counts the size of an event: data, metadata, and twice the length of the type. */
export function storedSize (event: NewEvent): number {
  return event.data.length + event.metadata.length + 2 * event.type.length
}
