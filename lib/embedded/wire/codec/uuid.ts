import { halvesText, isUuidAt, parseUuid, UUID_LETTERS } from '../uuid.js'
import { FieldReader } from './reader.js'
import { LENGTH } from './writer.js'

/** How a message begins that holds a UUID as text, and nothing else. */
const TEXT_TAG = 2 << 3 | LENGTH
const TEXT_FROM = 2

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

/** Whether a message holds a UUID, in either form, that is not nil. */
export function isUuid (message: Buffer): boolean {
  // Most are sent like this.
  const plain = message.length === TEXT_FROM + UUID_LETTERS && message[0] === TEXT_TAG && message[1] === UUID_LETTERS
  return plain && isUuidAt(message, TEXT_FROM) ? true : readUuid(new FieldReader(message)) !== undefined
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
