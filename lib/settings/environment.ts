import { Ajv } from 'ajv'
import { envSchema } from 'env-schema'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { aggregateFields, announceField, commandFields, kurrentFields } from './table.js'
import type { Field, Section } from './table.js'
import { invalid, unknown } from './refusal.js'

/** Environment variables as a process has them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What the environment says: the value of each variable that is set, by its name. */
export type Variables = ReadonlyMap<string, unknown>

const OURS = /^(KURRENT|AGGREGATE|COMMAND)_/

/** Kubernetes describes a service that is called kurrent by variables of these forms; nobody has set them. */
const SERVICE_LINK = /^(KURRENT|AGGREGATE|COMMAND)(_\w+)?_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)_(PROTO|PORT|ADDR))$/
const SERVICE_URL = /^(KURRENT|AGGREGATE|COMMAND)(_\w+)?_PORT(_\d+_(TCP|UDP|SCTP))?$/

/** macOS sets this one in every shell. */
const FOREIGN = new Set(['COMMAND_MODE'])

/** Of an aggregate type, whichever. */
const OF_A_TYPE = [['AGGREGATE', aggregateFields], ['COMMAND', commandFields]] as const

/** The variable of a field: `verifyCert` of KURRENT is `KURRENT_VERIFY_CERT`. */
export function variable (section: string, field: string): string {
  return `${section}_${field.replace(/[A-Z]/g, '_$&')}`.toUpperCase()
}

/** Whether it is a variable of that aggregate type. */
export function isVariableOf (aggregate: string, name: string): boolean {
  return OF_A_TYPE.some(([section, fields]) => Object.keys(fields).some((field) => variable(`${section}_${aggregate}`, field) === name))
}

/**
 * Reads the variables of all sections. A variable that is set to nothing counts as not set, as in an `.env` file with
 * nothing behind the =.
 *
 * @param onUnclaimed hears of variables that would be right for an aggregate type that is not among these, with the error that
 * they are if there is no such type; without it they are errors at once
 */
export function readEnvironment (
  environment: Environment, aggregates: readonly string[], onUnclaimed?: (name: string, error: Error) => void
): Variables {
  const fields = variables(aggregates)
  const present: Record<string, string> = {}
  for (const [name, value] of Object.entries(environment)) {
    if (fields.has(name)) {
      if (value) present[name] = value
    } else if (OURS.test(name) && !isForeign(name, value)) {
      const section = OURS.exec(name)![0]
      const error = unknown(name, [...fields.keys()].filter((known) => known.startsWith(section)),
        section === 'KURRENT_' ? undefined : value)
      if (onUnclaimed === undefined || !mayBeClaimed(name)) throw error
      onUnclaimed(name, error)
    }
  }
  return new Map(Object.entries(parsed(present, fields)))
}

function mayBeClaimed (name: string): boolean {
  return OF_A_TYPE.some(([section, fields]) => Object.keys(fields).some((field) => {
    const ending = variable('', field)
    return name.startsWith(`${section}_`) && name.endsWith(ending) && name.length > section.length + 1 + ending.length
  }))
}

function isForeign (name: string, value = ''): boolean {
  return FOREIGN.has(name) || SERVICE_LINK.test(name) || (SERVICE_URL.test(name) && /^(tcp|udp|sctp):\/\//.test(value))
}

function variables (aggregates: readonly string[]): ReadonlyMap<string, Field> {
  const fields = new Map<string, Field>([['ANNOUNCE', announceField]])
  const add = (name: string, section: Section) => {
    for (const [field, row] of Object.entries(section)) fields.set(variable(name, field), row)
  }
  add('KURRENT', kurrentFields)
  add('COMMAND', commandFields)
  for (const aggregate of aggregates) {
    add(`AGGREGATE_${aggregate}`, aggregateFields)
    add(`COMMAND_${aggregate}`, commandFields)
  }
  return fields
}

function parsed (present: Record<string, string>, fields: ReadonlyMap<string, Field>): Record<string, unknown> {
  const schemas = Object.keys(present).map((name) => [name, Type.Optional(fields.get(name)!.schema)])
  const ajv = new Ajv({ coerceTypes: true })
  let values: Record<string, unknown>
  try {
    values = envSchema({ schema: Type.Object(Object.fromEntries(schemas)), data: present, env: false, ajv })
  } catch (error) {
    const name = faultyVariable(error)
    throw invalid(name, present[name], fields.get(name)!)
  }
  for (const [name, value] of Object.entries(values)) {
    // The text Infinity becomes a number that escapes the bounds.
    if (!Value.Check(fields.get(name)!.schema, value)) throw invalid(name, present[name], fields.get(name)!)
  }
  return values
}

function faultyVariable (error: unknown): string {
  return (error as { errors: Array<{ instancePath: string }> }).errors[0]!.instancePath.slice(1)
}
