import type { CommandDefinition } from '../definition/index.js'
import { freezeNew } from '../definition/freeze.js'
import { ClosingError, CommandIdReusedError, OverloadedError, StoreUnavailableError } from '../errors.js'
import type { Outcome, StoredOutcome } from '../outcome/index.js'
import type { NewEvent } from '../store/index.js'
import type { SendResult } from './contract.js'
import type { Schedule, Ticket } from './schedule.js'

/**
 * How far the append of a command came, as its callers are told:
 * - `not_tried`: it waits for its turn;
 * - `refused`: the store surely did not take it, so far;
 * - `perhaps`: it is on its way, or its fate is unknown;
 * - `appended`: it stands in the store.
 */
export type Standing = 'not_tried' | 'refused' | 'perhaps' | 'appended'

/** A command on its way, which all callers of its id share. */
export interface CommandUnderWay {
  readonly aggId: string
  readonly comId: string
  /** What was sent first, and is appended; others may ask for something else under this id. */
  readonly definition: CommandDefinition
  readonly fingerprint: string
  readonly event: NewEvent
  standing: Standing
  /** This node may have sent it to the store before, so it must not travel in a batch with new ones. */
  triedBefore: boolean
  /** Its place in the command stream, where the append's answer told it. */
  revision?: bigint
  /** The store had it before this node sent it. */
  known: boolean
  /** It is certain that what stands in the command stream under this id is for this aggregate. */
  certain: boolean
  /** Why the store did not take it, if it is like that. */
  trouble?: Error
  readonly waiters: Set<Waiter>
}

export type FirstSent = Pick<CommandUnderWay, 'aggId' | 'comId' | 'definition' | 'fingerprint' | 'event'>

/** What a caller asked for. */
export interface Asked {
  readonly definition: CommandDefinition
  readonly fingerprint: string
  /** Only of who asks for another command than the one that is appended under this id. */
  readonly event?: NewEvent
}

export interface Waiter extends Asked {
  readonly resolve: (result: SendResult) => void
  readonly reject: (error: Error) => void
  /** When it stops waiting, as `performance.now()` counts. */
  readonly until: number
  deadline: Ticket | undefined
}

/**
 * The callers that wait, and the commands that they wait for. Each caller is answered once, by its deadline at the latest. A
 * command without a caller is forgotten here: the store and the workers see to it.
 */
export class Waiters {
  readonly #aggregate: string
  readonly #bounds: { readonly inFlight: number, readonly waiters: number }
  readonly #schedule: Schedule
  readonly #onForgotten: (command: CommandUnderWay) => void
  readonly #commands = new Map<string, CommandUnderWay>()
  #count = 0
  #bytes = 0

  /** @param onForgotten called when the last caller of a command has its answer, or the command its outcome */
  constructor (
    aggregate: string,
    bounds: { readonly inFlight: number, readonly waiters: number },
    schedule: Schedule,
    onForgotten: (command: CommandUnderWay) => void
  ) {
    this.#aggregate = aggregate
    this.#bounds = bounds
    this.#schedule = schedule
    this.#onForgotten = onForgotten
  }

  get count (): number {
    return this.#count
  }

  has (command: CommandUnderWay): boolean {
    return this.#commands.get(command.comId) === command
  }

  get (comId: string): CommandUnderWay | undefined {
    return this.#commands.get(comId)
  }

  commands (): IterableIterator<CommandUnderWay> {
    return this.#commands.values()
  }

  /** Throws when a bound is reached. */
  open (first: FirstSent, triedBefore: boolean): CommandUnderWay {
    const bytes = sizeOf(first.event)
    if (this.#commands.size >= this.#bounds.inFlight || this.#count >= this.#bounds.waiters || this.#bytes + bytes > MOST_BYTES) {
      throw new OverloadedError()
    }
    const command: CommandUnderWay = { ...first, standing: 'not_tried', triedBefore, known: false, certain: false, waiters: new Set() }
    this.#commands.set(first.comId, command)
    this.#bytes += bytes
    return command
  }

  /** The answer for one more caller of a command that is under way. */
  wait (command: CommandUnderWay, asked: Asked, until: number): Promise<SendResult> {
    const bytes = sizeOf(asked.event)
    if (this.#count >= this.#bounds.waiters || this.#bytes + bytes > MOST_BYTES) return Promise.reject(new OverloadedError())
    this.#bytes += bytes
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { ...asked, resolve, reject, until, deadline: undefined }
      waiter.deadline = this.#schedule.after(until - performance.now(), () => this.#late(command, waiter))
      command.waiters.add(waiter)
      this.#count++
    })
  }

  /** Answers every caller of the command with what the store holds. */
  settle (command: CommandUnderWay, stored: StoredOutcome, replayed: boolean): void {
    for (const waiter of command.waiters) {
      this.#leave(command, waiter)
      try {
        waiter.resolve(answer(this.#aggregate, command, waiter, stored, replayed))
      } catch (error) {
        waiter.reject(error as Error)
      }
    }
    this.#forget(command)
  }

  /**
   * The store will never take the command as it is. Who sent another body with the same id is not concerned by that, and is
   * returned, to be sent for itself.
   */
  reject (command: CommandUnderWay, error: Error): Waiter[] {
    const others: Waiter[] = []
    for (const waiter of command.waiters) {
      this.#leave(command, waiter)
      if (waiter.event === undefined) waiter.reject(error)
      else others.push(waiter)
    }
    this.#forget(command)
    return others
  }

  /** Closing: whose command may be in the store is told that its outcome is open, and the others that it was not taken. */
  close (): void {
    for (const command of [...this.#commands.values()]) {
      for (const waiter of command.waiters) {
        this.#leave(command, waiter)
        if (command.standing === 'not_tried') waiter.reject(new ClosingError())
        else this.#tell(command, waiter)
      }
      this.#forget(command)
    }
  }

  #late (command: CommandUnderWay, waiter: Waiter): void {
    this.#leave(command, waiter)
    this.#tell(command, waiter)
    if (command.waiters.size === 0) this.#forget(command)
  }

  #tell (command: CommandUnderWay, waiter: Waiter): void {
    if (command.standing === 'appended' || command.standing === 'perhaps') {
      waiter.resolve({ outcome: open(this.#aggregate, command), replayed: false })
    } else if (command.standing === 'refused') {
      waiter.reject(new StoreUnavailableError({ cause: command.trouble }))
    } else {
      waiter.reject(new OverloadedError())
    }
  }

  #leave (command: CommandUnderWay, waiter: Waiter): void {
    this.#schedule.cancel(waiter.deadline)
    command.waiters.delete(waiter)
    this.#count--
    this.#bytes -= sizeOf(waiter.event)
  }

  #forget (command: CommandUnderWay): void {
    if (!this.has(command)) return
    this.#commands.delete(command.comId)
    this.#bytes -= sizeOf(command.event)
    this.#onForgotten(command)
  }
}

/** Commands that wait for the store may hold this much memory, in bytes. */
const MOST_BYTES = 256 * 1024 * 1024

/** The answer for one caller. Throws a CommandIdReusedError where the outcome is that of another command or body. */
export function answer (
  aggregate: string,
  key: { aggId: string, comId: string },
  asked: Asked,
  stored: StoredOutcome,
  replayed: boolean
): SendResult {
  if (stored.command !== undefined && stored.command !== asked.definition.storedName) throw new CommandIdReusedError()
  if (stored.fingerprint !== undefined && stored.fingerprint !== asked.fingerprint) throw new CommandIdReusedError()
  return { outcome: outcomeOf(aggregate, key, stored), replayed }
}

/** One outcome answers many callers, today and later: none of them can change what the others see. */
export function outcomeOf (aggregate: string, { aggId, comId }: { aggId: string, comId: string }, stored: StoredOutcome): Outcome {
  return { aggregate, aggId, comId, ...freezeNew(stored.verdict) }
}

export function open (aggregate: string, { aggId, comId }: { aggId: string, comId: string }): Outcome {
  return { status: 'open', aggregate, aggId, comId }
}

function sizeOf (event: NewEvent | undefined): number {
  return event === undefined ? 0 : event.data.length + event.metadata.length
}
