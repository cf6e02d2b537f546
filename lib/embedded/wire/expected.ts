import type { Expected } from '../streams/index.js'

/** What the options of Append, Delete and Tombstone have in common. */
interface RevisionOptions {
  hasRevision (): boolean
  getRevision (): string
  hasNoStream (): boolean
  hasAny (): boolean
  hasStreamExists (): boolean
}

/** What is expected; nothing when the request does not say, or names a revision that cannot be. */
export function expectedOf (options: RevisionOptions): Expected | undefined {
  if (options.hasRevision()) return revisionOf(BigInt(options.getRevision()))
  if (options.hasNoStream()) return 'no_stream'
  if (options.hasAny()) return 'any'
  if (options.hasStreamExists()) return 'stream_exists'
  return undefined
}

/** A revision of the wire; nothing for what no revision can be. */
export function revisionOf (revision: bigint): bigint | undefined {
  return revision >= 0n && revision <= 9223372036854775807n ? revision : undefined
}

/** The number by which trailers name what was expected. */
export function expectedNumber (expected: Expected): bigint {
  switch (expected) {
    case 'no_stream': return -1n
    case 'any': return -2n
    case 'stream_exists': return -4n
    default: return expected
  }
}
