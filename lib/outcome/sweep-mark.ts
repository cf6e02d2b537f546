import { parseUuid, uuidV5 } from '../definition/uuid.js'
import type { NewEvent, RecordedEvent } from '../store/contract.js'
import { parseJson, writeMetadata } from './metadata.js'

/** A command that workers have found without an outcome, and that none of them could decide. */
export interface OpenCommand {
  readonly revision: bigint
  readonly comId: string
}

/** How far workers have looked for lost commands: up to this revision each has its outcome, is parked, or is named here. */
export interface SweepMark {
  readonly revision: bigint
  /** In the order of the command stream. */
  readonly open: readonly OpenCommand[]
}

const UNSWEPT: SweepMark = { revision: -1n, open: [] }

export function sweepMark (stream: string, { revision, open }: SweepMark): NewEvent {
  const data = JSON.stringify({
    revision: String(revision),
    ...open.length > 0 && { open: open.map(({ revision, comId }) => [String(revision), comId]) }
  })
  return {
    id: uuidV5('6f3b1a52-7c1e-4d0b-9a53-2f8e5c0d7b41', `${stream}:${data}`),
    type: 'SweepMark',
    data: Buffer.from(data),
    metadata: writeMetadata({})
  }
}

/** What the last mark says; where there is none, or none that can be read in whole, nothing is swept. */
export function readSweepMark (record: Pick<RecordedEvent, 'data'> | undefined): SweepMark {
  const mark = record && parseJson(record.data)?.value
  if (mark === null || typeof mark !== 'object' || !('revision' in mark)) return UNSWEPT
  const revision = revisionIn(mark.revision)
  const entries = 'open' in mark ? mark.open : []
  if (revision === undefined || !Array.isArray(entries)) return UNSWEPT
  const open = entries.flatMap((entry: unknown) => openCommand(entry) ?? [])
  return open.length === entries.length ? { revision, open } : UNSWEPT
}

function openCommand (entry: unknown): OpenCommand | undefined {
  const [revision, comId] = Array.isArray(entry) ? [revisionIn(entry[0]), parseUuid(String(entry[1]))] : []
  return revision === undefined || comId === undefined ? undefined : { revision, comId }
}

function revisionIn (text: unknown): bigint | undefined {
  return /^\d+$/.test(String(text)) ? BigInt(String(text)) : undefined
}
