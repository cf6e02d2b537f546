import type { SkippedGo } from './groups/index.js'
import { MAX_RECORD_SIZE, type StreamLimits } from './streams/index.js'

/** The versions that the store can be like. */
export const EMULATED_VERSIONS = ['23.10', '24.10', '26.1'] as const

export type EmulatedVersion = typeof EMULATED_VERSIONS[number]

/** What differs between the versions of the real server, as far as a client can tell. */
export interface Emulation {
  /** Of the server that this one is like; a client compares three numbers. */
  serverVersion: string
  limits: StreamLimits
  /** Appends to several streams at once, by the service `kurrentdb.protocol.v2.streams`. */
  hasSessions: boolean
  /** Whether a follower hears up to where it has caught up, and when. */
  caughtUpSaysWhere: boolean
  /** How many events at once end the call of a follower that had caught up; nothing where it reads on in peace. */
  liveFollowersBear?: number
  skippedGo: SkippedGo
}

const MIB = 1024 * 1024

/** How long a message may be, in bytes: the same in each version. */
export const MESSAGE_LIMITS = {
  streams: MAX_RECORD_SIZE,
  /** Appends to several streams come in one message: who sends too much is to be told so by the service. */
  sessions: (maxAppendSize: number) => Math.floor(1.5 * maxAppendSize),
  others: 4 * MIB
}

/** What int32 can hold: no limit for one event. */
const UNLIMITED = 2 ** 31 - 1

/**
 * Each line by a release of it: 23.10 by the last one that was tried, which has the fault of pinned groups
 * (KurrentDB#5497); 24.10 and 26.1 by the first one without it.
 */
export const EMULATIONS: Readonly<Record<EmulatedVersion, Emulation>> = {
  '23.10': {
    serverVersion: '23.10.8',
    limits: { maxAppendSize: MIB, maxAppendEventSize: UNLIMITED, counted: 'data', nothingFitsTombstones: false },
    hasSessions: false,
    caughtUpSaysWhere: false,
    // On a real one 100 events never did, 200 did in one of five trials, and 500 in most.
    liveFollowersBear: 200,
    skippedGo: 'nowhere'
  },
  '24.10': {
    serverVersion: '24.10.14',
    limits: { maxAppendSize: MIB, maxAppendEventSize: UNLIMITED, counted: 'all', nothingFitsTombstones: false },
    hasSessions: false,
    caughtUpSaysWhere: true,
    skippedGo: 'to the retries'
  },
  26.1: {
    serverVersion: '26.1.0',
    limits: { maxAppendSize: 256 * MIB, maxAppendEventSize: 16 * MIB, counted: 'all' },
    hasSessions: true,
    caughtUpSaysWhere: true,
    skippedGo: 'to the retries'
  }
}
