/** How to reach the store, and how this process stands to it. */
export interface KurrentOptions {
  /**
   * One host (`store:2113`; the port is 2113 unless said), a list of hosts, a whole connection string (`kurrentdb://…`,
   * `kurrentdb+discover://…`), or the word `embedded` for a store inside this process. Hosts are reached by TLS; a store
   * without it needs a whole connection string with `?tls=false`.
   */
  host?: string | readonly string[] | undefined
  user?: string | undefined
  pass?: string | undefined
  /** Verify the server's certificate; `false` logs a warning. Default `true`. */
  verifyCert?: boolean | undefined
  /** This sender node's name in its group: every sender node needs one of its own. Default: the machine's host name. */
  hostname?: string | undefined
  /** Seconds for one call to the store. Default 10. */
  callLimit?: number | undefined
  /** Seconds until the store gives a command that a worker holds to another one. Default 30. */
  messageTimeout?: number | undefined
  /** Commands that a worker holds at a time, per aggregate type. Default 64. */
  buffer?: number | undefined
  /** Seconds for an orderly close. Default 20. */
  drainTime?: number | undefined
  /** Keep the sender's group in the store at an orderly close. Default `false`. */
  keepGroup?: boolean | undefined
  /** Look for commands that the server's group has lost: on servers that are known to lose some (`auto`), or on all (`always`). */
  sweep?: 'auto' | 'always' | undefined
}

/** A worker's memory of one aggregate type. */
export interface AggregateOptions {
  /** Aggregates kept in memory; the least recently used leave. Default 10000. */
  capacity?: number | undefined
  /** Aggregates whose set of command ids is kept after their state has left, as a multiple of the capacity. Default 3. */
  multiple?: number | undefined
  /** Minutes of recent outcomes whose aggregates are loaded at start. Default 30. */
  latest?: number | undefined
}

/** The bounds of a sender of one aggregate type. */
export interface CommandOptions {
  /** Minutes that a sender keeps outcomes. Default 15. */
  interval?: number | undefined
  /** Seconds until a waiting request is told that its outcome is still open. Default 10. */
  deadline?: number | undefined
  /** Commands under way at a time. Default 10000. */
  inFlight?: number | undefined
  /** Callers that wait at a time. Default 10000. */
  waiters?: number | undefined
  /** Commands in one append. Default 500. */
  batchCount?: number | undefined
  /** Bytes in one append. Default 900 KiB, which every server takes. */
  batchBytes?: number | undefined
}

/** The settings as plugin options. They beat the environment, which beats the defaults. */
export interface SettingsOptions {
  kurrent?: KurrentOptions | undefined
  /** By the name of the aggregate type. */
  aggregate?: { [aggregate: string]: AggregateOptions | undefined } | undefined
  /** For all aggregate types, and by the name of an aggregate type for that one. */
  command?: CommandOptions & { [aggregate: string]: CommandOptions | CommandOptions[keyof CommandOptions] } | undefined
  /** Write `Fail` and `Duplicate` for the original system's senders. Default `false`. */
  announce?: boolean | undefined
}

/** The section Kurrent as it holds. Without a host where a client is given. */
export interface KurrentSettings {
  readonly host: string | undefined
  readonly user: string | undefined
  readonly pass: string | undefined
  readonly verifyCert: boolean
  readonly hostname: string
  /** Seconds. */
  readonly callLimit: number
  /** Seconds. */
  readonly messageTimeout: number
  readonly buffer: number
  /** Seconds. */
  readonly drainTime: number
  readonly keepGroup: boolean
  readonly sweep: 'auto' | 'always'
}

export interface AggregateSettings {
  readonly capacity: number
  readonly multiple: number
  /** Minutes. */
  readonly latest: number
}

export interface CommandSettings {
  /** Minutes that outcomes are kept, so that a command that comes again is answered from memory. */
  readonly interval: number
  /** Seconds until a caller without an outcome is told that it is still open. */
  readonly deadline: number
  /** Commands under way at most. */
  readonly inFlight: number
  /** Callers waiting at most, of all commands together. */
  readonly waiters: number
  /** Commands in one append at most. */
  readonly batchCount: number
  /** Bytes in one append at most; one command alone may have more. */
  readonly batchBytes: number
}

/** All settings of a plugin, checked. */
export interface Settings {
  readonly kurrent: KurrentSettings
  /** The settings of an aggregate type, by its name. */
  aggregate (name: string): AggregateSettings
  /** The settings of an aggregate type's sender, by the type's name. */
  command (name: string): CommandSettings
  readonly announce: boolean
}
