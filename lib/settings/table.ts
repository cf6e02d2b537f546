import { hostname as machineName } from 'node:os'
import { Type } from '@sinclair/typebox'
import type { TSchema } from '@sinclair/typebox'

/** One row of the settings: what may stand in it, and what stands in it unless said. */
export interface Field {
  readonly schema: TSchema
  /** What is expected, in words. */
  readonly expected: string
  readonly fallback: unknown
  /** Its value is shown to nobody. */
  readonly secret?: true
}

export type Section = Readonly<Record<string, Field>>

const KIB = 1024
const MIB = 1024 * KIB

/** The section Kurrent: the connection, and how a process stands to the store. */
export const kurrentFields = {
  host: text('a host, a list of hosts, a connection string, or the word embedded'),
  user: text('a user name'),
  pass: { ...text('a password'), secret: true },
  verifyCert: flag(true),
  hostname: { ...name('a name without blanks, of this sender node alone'), fallback: machineName() },
  callLimit: number(0.05, 300, 10, 'seconds'),
  messageTimeout: number(1, 86400, 30, 'seconds'),
  buffer: integer(1, 10_000, 64),
  drainTime: number(0, 3600, 20, 'seconds'),
  keepGroup: flag(false),
  sweep: { schema: Type.Union([Type.Literal('auto'), Type.Literal('always')]), expected: 'auto or always', fallback: 'auto' },
} satisfies Section

/** The section Aggregate: a worker's memory of one aggregate type. */
export const aggregateFields = {
  capacity: integer(1, 100_000_000, 10_000),
  multiple: number(1, 1000, 3),
  latest: number(0, 525_600, 30, 'minutes'),
} satisfies Section

/** The section Command: a sender of one aggregate type. */
export const commandFields = {
  interval: number(0, 525_600, 15, 'minutes'),
  deadline: number(0.01, 86_400, 10, 'seconds'),
  inFlight: integer(1, 10_000_000, 10_000),
  waiters: integer(1, 10_000_000, 10_000),
  batchCount: integer(1, 10_000, 500),
  batchBytes: integer(KIB, 15 * MIB, 900 * KIB),
} satisfies Section

export const announceField: Field = flag(false)

function text (expected: string) {
  return { schema: Type.String({ minLength: 1 }), expected, fallback: undefined }
}

function name (expected: string) {
  return { schema: Type.String({ pattern: '^\\S+$' }), expected, fallback: undefined }
}

function flag (fallback: boolean) {
  return { schema: Type.Boolean(), expected: 'true or false', fallback }
}

function number (minimum: number, maximum: number, fallback: number, unit?: string) {
  const of = unit === undefined ? '' : ` of ${unit}`
  return { schema: Type.Number({ minimum, maximum }), expected: `a number${of} from ${minimum} to ${maximum}`, fallback }
}

function integer (minimum: number, maximum: number, fallback: number) {
  return { schema: Type.Integer({ minimum, maximum }), expected: `a whole number from ${minimum} to ${maximum}`, fallback }
}
