import { uuidV5 } from '../definition/uuid.js'
import type { NewEvent, RecordedEvent } from '../store/contract.js'
import { parseJson, writeMetadata } from './metadata.js'

/** How far workers have looked for lost commands: up to this revision each has its outcome, or is parked. */
export function sweepMark (stream: string, revision: bigint): NewEvent {
  const data = JSON.stringify({ revision: String(revision) })
  return {
    id: uuidV5('6f3b1a52-7c1e-4d0b-9a53-2f8e5c0d7b41', `${stream}:${data}`),
    type: 'SweepMark',
    data: Buffer.from(data),
    metadata: writeMetadata({})
  }
}

/** What the last mark says; -1 where there is none, or none that can be read. */
export function sweptTo (record: Pick<RecordedEvent, 'data'> | undefined): bigint {
  const mark = record && parseJson(record.data)?.value
  const revision = mark !== null && typeof mark === 'object' && 'revision' in mark ? String(mark.revision) : ''
  return /^\d+$/.test(revision) ? BigInt(revision) : -1n
}
