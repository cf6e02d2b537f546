import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { Chance } from '../harness/chance.js'
import { DATA, frame, headers, PREFACE, settings } from './frames.js'

/** Milliseconds for which a connection is looked at. */
const LONGEST = 60

/** Bytes that a port may get to see from anybody. */
const KINDS: ReadonlyArray<(chance: Chance) => Buffer[]> = [
  (chance) => [chance.bytes(chance.below(2_000))],
  () => [Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
  () => [Buffer.from('GET /health/live HTTP/1.1\r\n'), Buffer.from('Host: x\r\n\r\n')],
  () => [Buffer.from('POST /streams/a HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\nabc')],
  (chance) => [Buffer.from(`GET ${'/'.repeat(chance.below(90_000))} HTTP/1.1\r\n`)],
  (chance) => [Buffer.from('GET / HTTP/1.1\r\nX: '), chance.bytes(30_000)],
  // A TLS handshake, whole as far as it goes, or cut.
  (chance) => [Buffer.concat([Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]), chance.bytes(chance.below(600))])],
  (chance) => [PREFACE.subarray(0, chance.below(PREFACE.length))],
  (chance) => [...[...PREFACE].map((byte) => Buffer.from([byte])), chance.bytes(20)],
  () => [PREFACE, settings],
  (chance) => [PREFACE, settings, chance.bytes(chance.below(3_000))],
  (chance) => [PREFACE, settings, ...frames(chance)],
  (chance) => [PREFACE, settings, ...call(chance), ...frames(chance)],
  (chance) => [PREFACE, settings, ...call(chance), frame(DATA, chance.below(2), 1, grpcMessage(chance, chance.below(2 ** 32)))],
  (chance) => [PREFACE, settings, ...call(chance), frame(DATA, 1, 1, grpcMessage(chance, chance.below(40)))],
  () => []
]

/** One connection with bytes that are no proper calls, ended in one of the ways in which connections end. */
export async function disturb (port: number, chance: Chance): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.on('data', () => {})
  for (const part of chance.pick(KINDS)(chance)) {
    if (!write(socket, part)) break
    if (chance.percent(10)) await wait(1)
  }
  switch (chance.below(4)) {
    case 0:
      socket.destroy()
      break
    case 1:
      socket.resetAndDestroy()
      break
    case 2:
      socket.end()
      await wait(chance.below(LONGEST))
      socket.destroy()
      break
    default:
      await wait(chance.below(LONGEST))
      socket.destroy()
  }
}

function write (socket: Socket, part: Buffer): boolean {
  if (socket.destroyed || !socket.writable) return false
  socket.write(part)
  return true
}

/** Frames of known and unknown types, some with lengths that are not theirs. */
function frames (chance: Chance): Buffer[] {
  return Array.from({ length: 1 + chance.below(12) }, () => {
    const whole = frame(chance.below(12), chance.below(256), chance.percent(50) ? 1 : chance.below(10), chance.bytes(chance.below(60)))
    if (chance.percent(20)) whole.writeUIntBE(chance.below(2 ** 24), 0, 3)
    return whole
  })
}

/** The headers of a call. */
function call (chance: Chance): Buffer[] {
  const path = chance.pick(['/event_store.client.streams.Streams/Read', '/event_store.client.streams.Streams/BatchAppend', '/nothing/Here', ''])
  const fields: [string, string][] = [[':method', 'POST'], [':scheme', 'http'], [':path', path], [':authority', 'x'], ['content-type', 'application/grpc'], ['te', 'trailers']]
  if (chance.percent(20)) fields.push(['grpc-timeout', chance.pick(['1m', '99999999H', 'never'])], ['grpc-encoding', 'gzip'])
  if (chance.percent(20)) fields.splice(chance.below(fields.length), 1)
  return [chance.percent(90) ? headers(fields) : headers(fields, 1, chance.below(256))]
}

/** A message as gRPC frames it, that may lie about its length. */
function grpcMessage (chance: Chance, length: number): Buffer {
  const head = Buffer.alloc(5)
  head[0] = chance.percent(80) ? 0 : chance.below(256)
  head.writeUInt32BE(length, 1)
  return Buffer.concat([head, chance.bytes(chance.below(60))])
}
