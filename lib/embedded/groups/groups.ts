import type { Log } from '../log/log.js'
import type { LogRecord } from '../log/record.js'
import { ALL } from '../streams/all.js'
import type { Followers } from '../streams/followers.js'
import { AllSource } from './all-source.js'
import type { AllFilter } from './all-source.js'
import { Config } from './config.js'
import type { Connection } from './connection.js'
import type { Receiver } from './consumer.js'
import type { SkippedGo } from './deliveries.js'
import { GroupError } from './errors.js'
import { Group } from './group.js'
import type { GroupSurroundings } from './group.js'
import type { GroupInfo } from './info.js'
import type { Journal } from './journal.js'
import { fault } from './settings.js'
import type { GroupSettings, ProposedSettings } from './settings.js'
import type { Source } from './source.js'
import { StreamSource } from './stream-source.js'

/** How often the server looks for what is overdue, in milliseconds. */
const TICK = 1000

/** The streams as groups see them. */
export interface GroupStreams extends Journal {
  readonly log: Log
  readonly followers: Followers
  onCommit (listener: (records: readonly LogRecord[]) => void): () => void
}

export interface GroupsOptions {
  skippedGo?: SkippedGo
  /** Called with what somebody who runs the server should know. */
  warn?: (message: string) => void
}

/** All persistent subscriptions of a server. */
export class Groups {
  #streams: GroupStreams
  #surroundings: GroupSurroundings
  #config: Config
  #groups = new Map<string, Group>()
  #bySource = new Map<string, Set<Group>>()
  /** Groups that were stopped and may still be writing, by id. */
  #stopping = new Map<string, Promise<void>>()
  #timer: NodeJS.Timeout | undefined
  #unlisten: (() => void) | undefined
  #ready = false

  constructor (streams: GroupStreams, options: GroupsOptions = {}) {
    this.#streams = streams
    this.#surroundings = {
      journal: streams,
      now: () => performance.now(),
      skippedGo: options.skippedGo ?? 'to the retries',
      warn: options.warn ?? (() => {}),
    }
    this.#config = new Config(streams, () => this.#groups.values(), this.#surroundings.warn)
  }

  /** Loads all groups and lets them go on from their checkpoints. */
  async start (): Promise<void> {
    const definitions = await this.#config.load()
    for (const { stream, group, filter, settings } of definitions) {
      this.#add(new Group(group, this.#source(stream, filter), settings, this.#surroundings))
    }
    this.#unlisten = this.#streams.onCommit((records) => { this.#committed(records) })
    this.#timer = setInterval(() => { for (const group of this.#groups.values()) group.tick() }, TICK).unref()
    this.#ready = true
  }

  /** Drops all consumers. What was written stays; {@link start} goes on from there. */
  async stop (): Promise<void> {
    this.#ready = false
    clearInterval(this.#timer)
    this.#unlisten?.()
    const groups = [...this.#groups.values()]
    this.#groups.clear()
    this.#bySource.clear()
    for (const { source } of groups) this.#streams.followers.remove(source.name)
    await Promise.all([...groups.map((group) => group.stop()), ...this.#stopping.values()])
  }

  /** @throws GroupError `failed` when the subsystem is not up */
  async restart (): Promise<void> {
    if (!this.#ready) throw new GroupError('failed', '', '', 'The persistent subscription subsystem is not started.')
    await this.stop()
    await this.start()
  }

  /** @throws GroupError `exists`, also while the other one is still being saved; `failed` for settings that cannot work */
  async create (stream: string, name: string, settings: ProposedSettings, filter?: AllFilter): Promise<void> {
    this.#demandReady(stream, name)
    if (this.#groups.has(idOf(stream, name))) throw new GroupError('exists', stream, name)
    const group = new Group(name, this.#source(stream, filter), checked(stream, name, settings), this.#surroundings)
    this.#demandReachable(group)
    this.#add(group)
    try {
      await this.#save(group)
    } catch (error) {
      if (this.#groups.get(group.id) === group) this.#remove(group)
      throw error
    }
  }

  /** Makes the group anew from its checkpoint. @throws GroupError `missing`, `failed` */
  async update (stream: string, name: string, settings: ProposedSettings): Promise<void> {
    const old = this.#find(stream, name)
    const group = new Group(name, old.source, checked(stream, name, settings), this.#surroundings)
    this.#demandReachable(group)
    this.#remove(old)
    this.#add(group)
    await this.#save(group)
  }

  /** @throws GroupError `missing` */
  async delete (stream: string, name: string): Promise<void> {
    const group = this.#find(stream, name)
    this.#remove(group, true)
    await this.#save(group)
  }

  /** @throws GroupError `missing` */
  info (stream: string, name: string): GroupInfo {
    return this.#find(stream, name).info()
  }

  /** @throws GroupError `missing`, with no group, when there never was a group on the stream */
  list (stream: string): GroupInfo[] {
    this.#demandReady(stream, '')
    const groups = this.#bySource.get(stream)
    if (groups === undefined) throw new GroupError('missing', stream, '')
    return [...groups].map((group) => group.info())
  }

  listAll (): GroupInfo[] {
    this.#demandReady('', '')
    return [...this.#groups.values()].map((group) => group.info())
  }

  /** @throws GroupError `missing`, `failed` */
  replayParked (stream: string, name: string, stopAt?: bigint): void {
    const group = this.#find(stream, name)
    if (stopAt !== undefined && stopAt < 0n) throw new GroupError('failed', stream, name, 'Cannot stop replaying parked message at a negative version.')
    group.replayParked(stopAt)
  }

  /** @throws GroupError `missing`, `maximum subscribers reached` */
  connect (stream: string, name: string, receiver: Receiver): Connection {
    const group = this.#find(stream, name)
    const { maxSubscriberCount } = group.settings
    if (maxSubscriberCount !== 0 && group.consumerCount >= maxSubscriberCount) {
      throw new GroupError('maximum subscribers reached', stream, name)
    }
    return group.connect(receiver)
  }

  /** See {@link Group.redeliver}. @throws GroupError `missing` */
  redeliver (stream: string, name: string, from?: bigint): number {
    return this.#find(stream, name).redeliver(from)
  }

  #committed (records: readonly LogRecord[]): void {
    const ofAll = this.#bySource.get(ALL)
    for (const record of records) {
      for (const group of this.#bySource.get(record.stream) ?? []) group.committed(record)
      if (ofAll !== undefined) {
        for (const group of ofAll) {
          if (group.source.has(record)) group.committed(record)
        }
      }
    }
  }

  #source (stream: string, filter: AllFilter | undefined): Source {
    return stream === ALL ? new AllSource(this.#streams.log, filter) : new StreamSource(stream, this.#streams)
  }

  #add (group: Group): void {
    this.#groups.set(group.id, group)
    const { name } = group.source
    const ofSource = this.#bySource.get(name)
    if (ofSource === undefined) this.#bySource.set(name, new Set([group]))
    else ofSource.add(group)
    this.#streams.followers.add(name)
    group.start(this.#stopping.get(group.id))
  }

  #remove (group: Group, forGood = false): void {
    this.#groups.delete(group.id)
    this.#bySource.get(group.source.name)?.delete(group)
    this.#streams.followers.remove(group.source.name)
    const stopping = (async () => {
      await group.stop()
      if (forGood) await Promise.all(group.streams.map((stream) => this.#streams.softDelete(stream)))
    })().catch((error: unknown) => {
      this.#surroundings.warn(`The state of ${group.id} could not be removed: ${String(error)}`)
    }).finally(() => {
      if (this.#stopping.get(group.id) === stopping) this.#stopping.delete(group.id)
    })
    this.#stopping.set(group.id, stopping)
  }

  async #save ({ source, name }: Group): Promise<void> {
    try {
      await this.#config.save()
    } catch (error) {
      throw new GroupError('failed', source.name, name, String(error))
    }
  }

  #find (stream: string, name: string): Group {
    this.#demandReady(stream, name)
    const group = this.#groups.get(idOf(stream, name))
    if (group === undefined) throw new GroupError('missing', stream, name)
    return group
  }

  #demandReady (stream: string, name: string): void {
    if (!this.#ready) throw new GroupError('not ready', stream, name)
  }

  #demandReachable ({ source, name, settings }: Group): void {
    if (source.name === ALL && settings.startFrom > source.head()) {
      throw new GroupError('failed', source.name, name, 'The start position is beyond the end of the log.')
    }
  }
}

function idOf (stream: string, name: string): string {
  return `${stream}::${name}`
}

function checked (stream: string, name: string, settings: ProposedSettings): GroupSettings {
  const reason = fault(settings)
  if (reason !== undefined) throw new GroupError('failed', stream, name, reason)
  return settings as GroupSettings
}
