import { streamNames } from '../outcome/index.js'
import { reachedBy } from '../store/index.js'
import type { NamedGroup, Store } from '../store/index.js'
import type { SenderGroup } from './command-line.js'

const CATEGORY = '$ce-'

/** One group, for people. */
export interface GroupRow {
  readonly stream: string
  readonly group: string
  /** Consumers connected now. */
  readonly connections: number
  /** Events of the stream that it has not finished; undefined where it has finished none, and began at the end. */
  readonly unhandled: bigint | undefined
  readonly parked: bigint
}

/** A group that was not removed; the message is for people. */
export class NotRemovedError extends Error {}

/** The groups of one aggregate type, its workers' group included, or those on all category streams. By stream and name. */
export async function listGroups (store: Pick<Store, 'groups' | 'read'>, type?: string): Promise<GroupRow[]> {
  const groups = type === undefined
    ? (await store.groups()).filter(({ stream }) => stream.startsWith(CATEGORY))
    : (await Promise.all([streamNames(type).commands, streamNames(type).category].map(stream => store.groups(stream)))).flat()
  const heads = new Map(await Promise.all([...new Set(groups.map(({ stream }) => stream))]
    .map(async stream => [stream, await headOf(store, stream)] as const)))
  return groups
    .map(group => row(group, heads.get(group.stream)!))
    .sort((one, other) => compare(one.stream, other.stream) || compare(one.group, other.group))
}

/**
 * Removes the group of a sender.
 * @param force also while a sender is connected
 * @throws NotRemovedError where there is no such group, or where it is in use
 */
export async function removeGroup (store: Pick<Store, 'groupInfo' | 'deleteGroup'>, { stream, group }: SenderGroup, force: boolean): Promise<void> {
  const info = await store.groupInfo(stream, group)
  if (info === undefined) throw new NotRemovedError(`There is no group ${group} on ${stream}`)
  if (info.connections > 0 && !force) {
    throw new NotRemovedError(`The group ${group} is in use: ${info.connections} connected. Stop that sender, or say --force`)
  }
  await store.deleteGroup(stream, group)
}

async function headOf (store: Pick<Store, 'read'>, stream: string): Promise<bigint> {
  const page = await store.read(stream, { direction: 'backwards', from: 'end', count: 1 })
  return page.kind === 'page' ? page.head ?? page.events[0]?.event?.revision ?? -1n : -1n
}

function row (info: NamedGroup, head: bigint): GroupRow {
  const { stream, group, connections, parked } = info
  const reached = reachedBy(info)
  const behind = reached === undefined ? undefined : head - reached
  return { stream, group, connections, parked, unhandled: behind !== undefined && behind < 0n ? 0n : behind }
}

function compare (one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
