import { createReadStream, createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'

/*
 * The record of a storm: JSON lines, each of them one thing that happened, written when it is over. The storm writes it, the checker reads
 * it, and trusts nothing else but the streams. Whatever the record tells, it tells as a client sees it from outside.
 *
 * All times are milliseconds of one monotonic clock, that of the storm's own process, from its beginning on. No process that takes
 * part in the storm writes into the record.
 */

/** One line. */
export type Entry = Setting | Request | Fault | Life | Memory | Planted | Settled

/** How the storm was set up: the first line. */
export interface Setting {
  readonly kind: 'setting'
  readonly seed: number
  /** Where the store was while the storm went on. */
  readonly store: string
  /** How long a sender may let a caller wait before it answers. */
  readonly deadline: number
  /** How long a process that is told to stop may take. */
  readonly drainTime: number
  /** Whether workers look for commands that the server has forgotten: on those that are known to lose some. */
  readonly swept: boolean
  /** How long the workers' group waits for an acknowledgement. */
  readonly messageTimeout: number
  /** Aggregate types, by their stored names, which are their names in routes too. */
  readonly types: readonly AggregateType[]
  /** The calm stretches of the storm have so many commands whose order can be held against the command stream, at the least. */
  readonly leastOrdered?: number
  /** Bytes of resident memory that a process of this role may come to hold, however long the storm lasts. */
  readonly memoryBounds: { readonly [role in Role]?: number }
}

/** An aggregate type, as the wire contract has it. */
export interface AggregateType {
  readonly name: string
  /** The stored type of refusals and failures. */
  readonly refused: string
  /** The group that the workers share on the command stream. */
  readonly group: string
}

export type Role = 'store' | 'worker' | 'sender'

/** One request of a client, from its first byte to its answer, or to the moment at which the client gave up. */
export interface Request {
  readonly kind: 'request'
  /** Unique among requests. */
  readonly id: number
  readonly client: string
  /** The process that was asked. */
  readonly process: string
  /** `POST` sends the command, `GET` asks what has become of it. */
  readonly method: 'POST' | 'GET'
  readonly type: string
  readonly aggId: string
  readonly comId: string
  readonly command: string
  /** Of a POST. */
  readonly body?: unknown
  readonly start: number
  readonly end: number
  readonly answer: Answer
}

export type Answer =
  | { readonly kind: 'answered', readonly status: number, readonly headers: AnswerHeaders, readonly body: unknown }
  /** The client waited no longer: for as long as its own patience said, not the sender's deadline. */
  | { readonly kind: 'gave_up' }
  /** The connection was refused or broke. */
  | { readonly kind: 'broken', readonly error: string }

/** Those that mean something. */
export interface AnswerHeaders {
  readonly location?: string
  readonly 'retry-after'?: string
  readonly 'idempotency-replayed'?: string
  readonly 'content-type'?: string
}

/** What the storm did to processes, connections or the store, and for how long. Kills and stops stand as lives too. */
export interface Fault {
  readonly kind: 'fault'
  readonly name: FaultName
  readonly start: number
  /** The same as `start` of what has no length; of a kill, when the next life of the process was ready. */
  readonly end: number
  /** Names of processes; `store` for the store. */
  readonly targets: readonly string[]
  readonly details?: unknown
}

export type FaultName =
  /** SIGKILL, and a restart at once or later. */
  | 'kill'
  /** SIGTERM, and a restart. */
  | 'stop'
  /** SIGSTOP until SIGCONT. */
  | 'freeze'
  /** A worker or a sender comes in another version. */
  | 'deploy'
  /** Two workers of different versions decide the same command, and the append of the one whose connection breaks meanwhile comes late. */
  | 'decided_twice'
  /** The store committed an append, and the connection broke before its answer. */
  | 'answer_cut'
  /** The store committed an append, and its answer never came. */
  | 'answer_withheld'
  /** What the store says comes late. */
  | 'answers_delayed'
  /** A connection that carries nothing any more, and does not end. */
  | 'half_open'
  | 'connections_dropped'
  /** The store neither answers nor ends its connections. */
  | 'store_hung'
  /** Commands that were acknowledged are delivered again. */
  | 'redelivery'
  /** One worker more, or one less. */
  | 'join'
  | 'leave'
  /** The store no longer knows which ids it has written. */
  | 'ids_forgotten'
  /** The group of the workers went on behind commands that nobody had finished. */
  | 'commands_lost'
  /** Links appear late in the category stream. */
  | 'links_held'
  /** A process's clock was changed. */
  | 'clock_step'
  /** Many times more commands than workers can do. */
  | 'burst'

/** The life of a process; one line when it is over, or when the storm is. */
export interface Life {
  readonly kind: 'life'
  /** Name of the process, the same in all its lives: `worker-1`. A sender's is its host name, too. */
  readonly process: string
  readonly role: Role
  /** Of the definitions that it runs. */
  readonly version: Version
  readonly pid: number
  readonly started: number
  /** When it said that it was ready; missing if it never did. */
  readonly ready?: number
  /** Since when it was no longer ready when it was told to stop, or ended, or the storm was over; missing if it was ready, or never had been. */
  readonly unready?: number
  /** When SIGTERM was sent; missing if it was not. */
  readonly toldToStop?: number
  /** Missing if it lived when the storm was over. */
  readonly ended?: number
  readonly code?: number | null
  readonly signal?: string | null
  /** The storm sent SIGKILL, or SIGSTOP while it was to stop: then the way it ended says nothing. */
  readonly disturbed?: true
}

/**
 * The versions of the bank in a storm, which differ in the ways that a rolling deploy brings. `old` is the bank by its rules. `new` differs in
 * Transaction:
 *
 * - it knows the command PayInterest { amount }, refused like a TransferIn, and its event InterestPaid { accountId, amount, balance };
 * - a Deposit of 200.00 or more becomes two DepositFinished: of half the amount, rounded down to a cent, and of the rest;
 * - a Withdraw that leaves less than 1.00 and is not refused otherwise is refused, with the code KEEPS_ONE.
 *
 * Both know the command Poison {}, which kills every worker that decides it. Senders know all commands.
 */
export type Version = 'old' | 'new'

/** A process's resident memory. */
export interface Memory {
  readonly kind: 'memory'
  readonly at: number
  readonly process: string
  readonly pid: number
  readonly role: Role
  /** Bytes. */
  readonly resident: number
}

/** An event that the storm itself put into the store, beside the product. */
export interface Planted {
  readonly kind: 'planted'
  readonly at: number
  readonly stream: string
  readonly id: string
  readonly type: string
  readonly what:
    /** In a command stream, a command that is there already or is sent too: with the same data, or with others. */
    | 'doubled'
    /** In a command stream, two commands under one id: one that does not fit, and behind it one that does. */
    | 'doubled_unfit'
    /** In a command stream, a command of a type that nobody knows. */
    | 'unknown_command'
    /** In a command stream, a command whose data are no JSON, or none that fits. */
    | 'unreadable_command'
    /** In a command stream, a command whose metadata name no aggregate. */
    | 'unaddressed_command'
    /** In an aggregate's stream, an event that nobody knows: from then on no command of the aggregate can be decided. */
    | 'closing'
    /** In a fail or duplicate stream, what neither this project nor the original writes. */
    | 'noise'
    /** In any stream, an event that was deleted afterwards, so that its link leads nowhere. */
    | 'gone'
  /** Of what has an aggregate. */
  readonly aggId?: string
}

/** The last line: no fault has gone on since, every process of the fleet stood, and the storm waited for this long. */
export interface Settled {
  readonly kind: 'settled'
  readonly at: number
  /** When the last fault was over and the fleet stood again. */
  readonly since: number
}

/** Writes a record as it comes. */
export class RecordWriter {
  readonly #file: ReturnType<typeof createWriteStream>
  #failure: Error | undefined

  constructor (path: string) {
    this.#file = createWriteStream(path)
    this.#file.on('error', error => { this.#failure = error })
  }

  write (entry: Entry): void {
    if (this.#failure !== undefined) throw this.#failure
    this.#file.write(`${JSON.stringify(entry)}\n`)
  }

  /** Resolves when all of it is in the file. */
  async close (): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#file.on('error', reject)
      this.#file.end(resolve)
    })
  }
}

/** The lines of a record, in the order in which they were written. */
export async function * readRecord (path: string): AsyncGenerator<Entry> {
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    if (line !== '') yield JSON.parse(line) as Entry
  }
}
