import type { LogRecord } from '../log/record.js'

/** Text, which is kept, or what a reader of the real server does not mind: comments, and a comma behind the last one. */
const TEXT_OR_FORGIVEN = /"(?:[^"\\]|\\.)*"|\/\/[^\n\r]*|\/\*[^]*?\*\/|,(?=\s*[\]}])/g

/**
 * Whether an event's data is what its content type says. The real server's projections pass over JSON that is none, and
 * no data at all is none.
 */
export function saysWhatItIs ({ json, data }: LogRecord): boolean {
  return !json || (data.length > 0 && isJson(data))
}

function isJson (data: Uint8Array): boolean {
  // Byte by byte is enough: beyond ASCII anything may stand in a text, and nothing outside of one.
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1')
  return parses(text) || parses(text.replace(TEXT_OR_FORGIVEN, (found) => found.startsWith('"') ? found : ''))
}

function parses (text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
