/** What a client of HTTP/2 says first. */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

/** Frames of HTTP/2 by their type, with their flags. */
export const DATA = 0
export const HEADERS = 1
export const RST_STREAM = 3
const SETTINGS = 4
const END_HEADERS = 4

export function frame (type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

export const settings = frame(SETTINGS, 0, 0, Buffer.alloc(0))

/** The beginning of a stream, with each field in plain text and by its name. */
export function headers (fields: ReadonlyArray<readonly [string, string]>, stream = 1, flags = END_HEADERS): Buffer {
  return frame(HEADERS, flags, stream, Buffer.concat(fields.map(([name, value]) =>
    Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value)]))))
}
