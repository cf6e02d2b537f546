import { halvesText, parseUuid } from '../uuid.js'
import type { FieldReader } from './reader.js'

/** Reads a UUID in either form; nothing when it is malformed or nil. */
export function readUuid (fields: FieldReader): string | undefined {
  let uuid: string | undefined
  for (let field = fields.next(); field !== 0; field = fields.next()) {
    if (field === 1) uuid = parseUuid(halves(fields.message()))
    else if (field === 2) uuid = fields.uuid()
    else fields.skip()
  }
  return uuid
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
