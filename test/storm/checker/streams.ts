/** An event as it stood in a stream at the end. */
export interface Stored {
  readonly stream: string
  readonly revision: number
  readonly id: string
  readonly type: string
  /** Parsed where it is JSON; a text that was to be JSON and is none; else bytes. */
  readonly data: unknown
  /** Parsed where it is JSON, its keys in the order of its text. */
  readonly metadata: unknown
  /** Milliseconds since the epoch, by the store's clock. */
  readonly created: number
}

/** All streams of the store by name, each from its first event that is left, in order. */
export type Streams = ReadonlyMap<string, readonly Stored[]>

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export function isUuid (text: unknown): text is string {
  return typeof text === 'string' && UUID.test(text)
}

/** A field of the metadata, whatever they are. */
export function field (metadata: unknown, name: string): unknown {
  return metadata !== null && typeof metadata === 'object' && Object.hasOwn(metadata, name) ? (metadata as Record<string, unknown>)[name] : undefined
}
