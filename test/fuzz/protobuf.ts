import { randomUUID } from 'node:crypto'
import type { Chance } from '../harness/chance.js'

const WORDS = [
  '', 'fuzz-1', 'fuzz-2', '$all', '$$fuzz-1', '$ce-fuzz', '$$', 'group', 'type', 'content-type', 'application/json', 'application/octet-stream', '[', '(a+)+$', '^fuzz',
  '00000000-0000-0000-0000-000000000000', 'not a uuid', '\u0000', 'ä'.repeat(200), 'RoundRobin', 'Pinned', 'fuzz-3@9', '-1'
]
const NUMBERS = [0n, 1n, 2n, 127n, 128n, 65_535n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]
const DEEPEST = 5

/** A message that keeps to the format of protobuf, and to no schema. */
export function randomMessage (chance: Chance, depth = 0): Buffer {
  const parts: Buffer[] = []
  for (let fields = chance.below(6); fields > 0; fields--) parts.push(randomField(chance, depth))
  return Buffer.concat(parts)
}

function randomField (chance: Chance, depth: number): Buffer {
  const field = 1 + chance.below(chance.percent(5) ? 300 : 9)
  switch (chance.below(10)) {
    case 0:
      return Buffer.concat([varint(BigInt(field << 3 | 1)), chance.bytes(8)])
    case 1:
      return Buffer.concat([varint(BigInt(field << 3 | 5)), chance.bytes(4)])
    case 2:
    case 3:
      return Buffer.concat([varint(BigInt(field << 3)), varint(chance.pick(NUMBERS))])
    default:
      return delimited(field, depth < DEEPEST && chance.percent(70) ? randomMessage(chance, depth + 1) : randomText(chance))
  }
}

function randomText (chance: Chance): Buffer {
  if (chance.percent(20)) return chance.bytes(chance.below(40))
  return Buffer.from(chance.percent(20) ? randomUUID() : chance.pick(WORDS))
}

export function delimited (field: number, content: Buffer): Buffer {
  return Buffer.concat([varint(BigInt(field << 3 | 2)), varint(BigInt(content.length)), content])
}

export function varint (value: bigint): Buffer {
  const bytes: number[] = []
  for (; value > 127n; value >>= 7n) bytes.push(Number(value & 127n) | 128)
  bytes.push(Number(value))
  return Buffer.from(bytes)
}

/** What becomes of a message on its way through bad hands. */
export function mutated (chance: Chance, message: Buffer): Buffer {
  const bytes = Buffer.from(message)
  switch (chance.below(7)) {
    case 0:
      return bytes.subarray(0, chance.below(bytes.length + 1))
    case 1:
      for (let flips = 1 + chance.below(4); flips > 0 && bytes.length > 0; flips--) bytes[chance.below(bytes.length)]! ^= 1 << chance.below(8)
      return bytes
    case 2: {
      // A length, or what is taken for one, becomes huge.
      const at = chance.below(bytes.length + 1)
      return Buffer.concat([bytes.subarray(0, at), varint(chance.pick(NUMBERS)), bytes.subarray(at + 1)])
    }
    case 3:
      return Buffer.concat([bytes, bytes])
    case 4:
      return Buffer.concat([bytes, randomMessage(chance)])
    case 5: {
      const at = chance.below(bytes.length + 1)
      return Buffer.concat([bytes.subarray(0, at), chance.bytes(chance.below(20)), bytes.subarray(at)])
    }
    default:
      return bytes
  }
}
