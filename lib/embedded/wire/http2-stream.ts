import { constants } from 'node:http2'
import type { ServerHttp2Stream } from 'node:http2'

/** What stands before each message of gRPC: whether it is compressed, and its length. */
export const PREFIX_BYTES = 5

/** Where gRPC's library keeps what a call stands on. It gives no other way to it. */
interface CallOnHttp2 {
  call?: {
    stream?: ServerHttp2Stream
    /** How messages are compressed that say that they are. */
    incomingEncoding?: string
  }
}

/** The HTTP/2 stream of a call, or nothing where it cannot be found: the library may keep it elsewhere one day. */
export function http2Stream (call: object): ServerHttp2Stream | undefined {
  const stream = (call as CallOnHttp2).call?.stream
  return typeof stream?.respond === 'function' ? stream : undefined
}

/** Ends a call without a status, as a server does whose time is up. */
export function breakOff (call: object): void {
  http2Stream(call)?.close(constants.NGHTTP2_NO_ERROR)
}

/** Whether no message of a call is compressed. */
export function isPlain (call: object): boolean {
  return (call as CallOnHttp2).call?.incomingEncoding === 'identity'
}
