import { halvesText, parseUuid } from '../uuid.js'
import type { FieldReader } from './reader.js'

/** Reads a UUID in either form; nothing when it is malformed or nil. */
export function readUuid (fields: FieldReader): string | undefined {
  let text = ''
  for (let field = fields.next(); field !== 0; field = fields.next()) {
    if (field === 1) text = halves(fields.message())
    else if (field === 2) text = fields.string()
    else fields.skip()
  }
  return parseUuid(text)
}

function halves (fields: FieldReader): string {
  let most = 0n
  let least = 0n
  for (let field = fields.next(); field !== 0; field = fields.next()) {
    if (field === 1) most = fields.int64()
    else if (field === 2) least = fields.int64()
    else fields.skip()
  }
  return halvesText(most, least)
}
