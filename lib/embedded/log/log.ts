import type { LogRecord } from './record.js'

/** A record of a log that is being opened, for who has to know where it belongs. It is good until the next one. */
export interface StoredRecord {
  /** Where the name of its stream stands, as UTF-8: in these bytes of this buffer. */
  readonly buffer: Buffer
  readonly streamFrom: number
  readonly streamTo: number
  readonly isTombstone: boolean
  /** All of it; its bytes are views of the buffer. */
  record (): LogRecord
}

/** What a log says of records it was handed. */
export interface Appended {
  /** Ordinal of the first of them; the others follow without a gap. */
  first: number
  /**
   * Settles when all of them survive a crash, in the order of the appends. A rejection means that neither these nor any
   * record handed over since stands in the log: the ordinals are given out anew.
   */
  durable: Promise<void>
}

/**
 * The one log that everything stands in. Its records are numbered by ordinals (0, 1, 2, …), which are this server's
 * own and never leave it; to the outside a record has its position.
 */
export interface Log {
  /** How many records survive a crash. Only ordinals below it may be read. */
  readonly confirmed: number
  /** The position of the last record that survives a crash; 0 in an empty log. */
  readonly lastPosition: bigint
  /** Takes records, all or none, and gives each its position. */
  append (records: readonly LogRecord[]): Appended
  /** The records with these ordinals, in the order asked for. */
  read (ordinals: readonly number[]): Promise<LogRecord[]>
  /** The confirmed records from one ordinal up to, without, another. */
  slice (from: number, to: number): Promise<LogRecord[]>
  /** The event id of a record, without a wait, also before it is confirmed. */
  idAt (ordinal: number): string
  /** The position of a record, without a wait, also before it is confirmed. */
  positionAt (ordinal: number): bigint
  /** The ordinal of the first confirmed record at or after a position; `confirmed` when there is none. */
  ordinalFrom (position: bigint): number
  close (): Promise<void>
}
