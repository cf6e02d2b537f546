/*
 * What the storm and its processes say to each other, over the channel that Node gives to children.
 */

/** To an application process. */
export interface AppOrder {
  /** Milliseconds by which the process's clock is wrong from now on. */
  readonly clock: number
}

/** To the store's process. */
export type StoreOrder = { readonly number: number } & (
  | { readonly do: 'clock', readonly by: number }
  | { readonly do: 'loseAnswer', readonly streams: string, readonly fate: 'withheld' | 'cut' }
  | { readonly do: 'dropConnections' | 'forgetIds' | 'holdLinks' | 'releaseLinks' }
  | { readonly do: 'redeliver', readonly stream: string, readonly group: string, readonly from: number }
)

/** From a process. */
export type Message =
  /** It hears signals from now on. */
  | { readonly says: 'up' }
  | { readonly says: 'ready' }
  /** It was ready, and is no longer; until it says that it is. */
  | { readonly says: 'unready', readonly reasons: readonly string[] }
  /** The aggregates whose commands a worker has decided since it last said so. */
  | { readonly says: 'decided', readonly aggregates: readonly string[] }
  /** A store has carried out an order. */
  | { readonly says: 'done', readonly number: number }

/** What an application process is started with. */
export interface AppWishes {
  readonly role: 'sender' | 'worker'
  readonly version: 'old' | 'new'
  readonly build: string
  readonly port: number
  /** Behind the names of the aggregate types, so that storms on one server do not meet. */
  readonly suffix: string
  readonly settings: object
}

/** What a store's process is started with. */
export interface StoreWishes {
  readonly build: string
  readonly data: string
  readonly port: number
  readonly emulate: '23.10' | '24.10' | '26.1'
}
