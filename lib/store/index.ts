import type { KurrentDBClient } from '@kurrent/kurrentdb-client'
import type {
  AppendAnswer, CategoryProjection, Expected, GroupInfo, GroupSettings, NewEvent, ReadOptions, ReadPage, StoreLog, StoreSettings,
  SubscribeOptions, Subscription
} from './contract.js'

export type * from './contract.js'

export declare class Store {
  static open (settings: StoreSettings, log: StoreLog): Store
  static over (client: KurrentDBClient, settings: Pick<StoreSettings, 'callLimit'>, log: StoreLog): Store
  append (stream: string, expected: Expected, events: readonly NewEvent[]): Promise<AppendAnswer>
  read (stream: string, options: ReadOptions): Promise<ReadPage>
  ensureGroup (stream: string, group: string, settings: GroupSettings): Promise<'made' | 'existed'>
  groupInfo (stream: string, group: string): Promise<GroupInfo | undefined>
  deleteGroup (stream: string, group: string): Promise<void>
  replayParked (stream: string, group: string): Promise<void>
  subscribe (options: SubscribeOptions): Subscription
  serverVersion (): Promise<string>
  categoryProjection (): Promise<CategoryProjection>
  close (): Promise<void>
}
