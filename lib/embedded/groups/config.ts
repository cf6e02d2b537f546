import { ALL } from '../streams/all.js'
import { AllSource } from './all-source.js'
import type { AllFilter } from './all-source.js'
import type { Group } from './group.js'
import { jsonRecord, lastJson, record } from './journal.js'
import type { Journal } from './journal.js'
import { fault } from './settings.js'
import type { GroupSettings } from './settings.js'

/** Where the definitions of all groups stand, all in each event. */
const STREAM = '$persistentSubscriptionConfig'
const TYPE = '$PersistentConfig'
const VERSION = '2'

/** How many versions stay readable. */
const KEPT = 2

/** A group as it was made. */
export interface Definition {
  stream: string
  group: string
  filter?: AllFilter
  settings: GroupSettings
}

interface StoredEntry extends Omit<GroupSettings, 'startFrom'> {
  stream: string
  group: string
  /** As text: JSON numbers cannot hold every position. */
  startFrom: string
  filter?: AllFilter
}

/** The definitions of all groups, as they stand in the log. */
export class Config {
  #journal: Journal
  #groups: () => Iterable<Group>
  #warn: (message: string) => void
  #writing: Promise<void> | undefined
  #following: Promise<void> | undefined
  #limited = false

  constructor (journal: Journal, groups: () => Iterable<Group>, warn: (message: string) => void) {
    this.#warn = warn
    this.#journal = journal
    this.#groups = groups
  }

  async load (): Promise<Definition[]> {
    const stored = await lastJson(this.#journal, STREAM)
    if (stored === undefined) return []
    this.#limited = true
    // Anybody may write to this stream.
    const entries = (stored as { entries?: unknown } | null)?.entries
    if (!Array.isArray(entries)) {
      this.#warn(`The last event in ${STREAM} has no list of groups: there are none until they are made again`)
      return []
    }
    return entries.flatMap((entry: unknown) => {
      const definition = readEntry(entry)
      if (definition === undefined) this.#warn(`The last event in ${STREAM} has an entry that is no group: ${JSON.stringify(entry)}`)
      return definition ?? []
    })
  }

  /** Settles when all groups stand in the log as they are now, or later. */
  save (): Promise<void> {
    if (this.#writing === undefined) {
      this.#writing = this.#write().finally(() => { this.#writing = undefined })
      return this.#writing
    }
    // The one that is being written was taken before this change; one more covers all that waits.
    this.#following ??= this.#writing.catch(() => {}).then(() => {
      this.#following = undefined
      return this.save()
    })
    return this.#following
  }

  async #write (): Promise<void> {
    const entries: StoredEntry[] = [...this.#groups()].map(({ source, name, settings }) => ({
      ...settings,
      stream: source.name,
      group: name,
      startFrom: settings.startFrom.toString(),
      ...(source.name === ALL && source instanceof AllSource && source.filter !== undefined ? { filter: source.filter } : {}),
    }))
    const event = jsonRecord(TYPE, { version: VERSION, updated: new Date().toISOString(), updatedBy: '', entries })
    if (!this.#limited) await this.#journal.setMetadata(STREAM, JSON.stringify({ $maxCount: KEPT }))
    this.#limited = true
    await record(this.#journal, STREAM, [event])
  }
}

function readEntry (entry: unknown): Definition | undefined {
  try {
    const { stream, group, filter, startFrom, ...settings } = entry as StoredEntry
    if (typeof stream !== 'string' || typeof group !== 'string') return undefined
    const definition: Definition = {
      stream,
      group,
      ...(filter === undefined ? {} : { filter }),
      settings: { ...settings, startFrom: BigInt(startFrom) },
    }
    return fault(definition.settings) === undefined ? definition : undefined
  } catch {
    return undefined
  }
}
