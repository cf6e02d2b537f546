import { Value } from '@sinclair/typebox/value'
import { MissingHostError } from '../errors.js'
import { parseHost } from './connection-string.js'
import { readEnvironment, variable } from './environment.js'
import type { Environment, Variables } from './environment.js'
import type { AggregateSettings, CommandSettings, KurrentSettings, Settings, SettingsOptions } from './options.js'
import { invalid, unknown } from './refusal.js'
import { aggregateFields, announceField, commandFields, kurrentFields } from './table.js'
import type { Section } from './table.js'

/**
 * How long a command may take in a store that is busy, one after the other: a load and an append. By it the buffer is
 * reckoned against the message time-out.
 */
const SECONDS_PER_COMMAND = 0.1

/** What settings are read for. */
export interface Purpose {
  /** The names of the aggregate types that are defined. */
  readonly aggregates: readonly string[]
  /** Whether a client of the store is given, so that no host is needed. */
  readonly clientGiven?: boolean
  /** As of {@link readEnvironment}. */
  readonly onUnclaimed?: (name: string, error: Error) => void
}

/**
 * Reads and checks all settings: options beat the environment, which beats the defaults.
 *
 * @throws a coded error for what is unknown, malformed or missing, with the name of the setting, its value unless it is
 * secret, and what is expected.
 */
export function readSettings (options: SettingsOptions, environment: Environment, purpose: Purpose): Settings {
  const { aggregates } = purpose
  checkKeys('', options, ['kurrent', 'aggregate', 'command', 'announce'])
  checkSection('kurrent', options.kurrent, kurrentFields)
  checkAggregates(options, aggregates)
  if (options.announce !== undefined && !Value.Check(announceField.schema, options.announce)) {
    throw invalid('announce', options.announce, announceField)
  }
  const variables = readEnvironment(environment, aggregates, purpose.onUnclaimed)
  const kurrent = readKurrent(options, variables, purpose)
  const aggregateSettings = new Map(aggregates.map((name) => [name, merged(aggregateFields,
    options.aggregate?.[name], fromVariables(variables, `AGGREGATE_${name}`, aggregateFields)) as unknown as AggregateSettings]))
  const commandSettings = new Map(aggregates.map((name) => [name, merged(commandFields,
    options.command?.[name], fromVariables(variables, `COMMAND_${name}`, commandFields),
    options.command, fromVariables(variables, 'COMMAND', commandFields)) as unknown as CommandSettings]))
  return {
    kurrent,
    aggregate: (name) => aggregateSettings.get(name)!,
    command: (name) => commandSettings.get(name)!,
    announce: options.announce ?? variables.get('ANNOUNCE') as boolean ?? announceField.fallback as boolean,
  }
}

function readKurrent (options: SettingsOptions, variables: Variables, { clientGiven = false }: Purpose): KurrentSettings {
  const { host, ...rest } = options.kurrent ?? {}
  const list = typeof host === 'object' ? host.join(',') : host
  const kurrent = merged(kurrentFields, { ...rest, host: list }, fromVariables(variables, 'KURRENT', kurrentFields)) as unknown as KurrentSettings
  checkLogin(kurrent)
  checkBuffer(kurrent)
  if (clientGiven) return { ...kurrent, host: undefined, user: undefined, pass: undefined }
  if (kurrent.host === undefined) throw new MissingHostError()
  if (kurrent.host !== 'embedded') parseHost(kurrent.host)
  return kurrent
}

function checkLogin ({ user, pass }: KurrentSettings): void {
  if (user !== undefined && pass === undefined) throw invalid('kurrent.pass (KURRENT_PASS)', undefined, { expected: 'a password, since there is a user' })
  if (pass !== undefined && user === undefined) throw invalid('kurrent.user (KURRENT_USER)', undefined, { expected: 'a user name, since there is a password' })
}

/** What a worker holds must be done long before the store gives it to another one. */
function checkBuffer ({ buffer, messageTimeout }: KurrentSettings): void {
  const most = Math.max(1, Math.floor(messageTimeout / 2 / SECONDS_PER_COMMAND))
  if (buffer <= most) return
  throw invalid('kurrent.buffer (KURRENT_BUFFER)', buffer, {
    expected: `at most ${most} with a kurrent.messageTimeout (KURRENT_MESSAGE_TIMEOUT) of ${messageTimeout} s, ` +
      'so that all of it is done within half of that time'
  })
}

function checkAggregates (options: SettingsOptions, aggregates: readonly string[]): void {
  checkKeys('aggregate', options.aggregate, aggregates)
  for (const [name, section] of Object.entries(options.aggregate ?? {})) checkSection(`aggregate.${name}`, section, aggregateFields)
  const { command = {} } = options
  checkKeys('command', command, [...Object.keys(commandFields), ...aggregates])
  const common: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(command)) {
    if (aggregates.includes(key) && typeof value === 'object') checkSection(`command.${key}`, value, commandFields)
    else common[key] = value
  }
  checkSection('command', common, commandFields)
}

function checkSection (name: string, section: unknown, fields: Section): void {
  checkKeys(name, section, Object.keys(fields))
  for (const [key, value] of Object.entries(section ?? {})) {
    const field = fields[key]!
    const given: unknown = Array.isArray(value) && key === 'host' ? value.join(',') : value
    if (given !== undefined && !Value.Check(field.schema, given)) throw invalid(labelled(name, key), value, field)
  }
}

function checkKeys (name: string, section: unknown, known: readonly string[]): void {
  if (section === undefined) return
  if (typeof section !== 'object' || section === null || Array.isArray(section)) {
    throw invalid(name === '' ? 'options' : name, section, { expected: 'an object' })
  }
  for (const key of Object.keys(section)) {
    if (!known.includes(key)) throw unknown(name === '' ? key : `${name}.${key}`, known)
  }
}

function labelled (section: string, key: string): string {
  return section === 'kurrent' ? `kurrent.${key} (${variable('KURRENT', key)})` : `${section}.${key}`
}

function fromVariables (variables: Variables, prefix: string, fields: Section): Record<string, unknown> {
  return Object.fromEntries(Object.keys(fields).map((field) => [field, variables.get(variable(prefix, field))]))
}

/** The first that says something, field by field. */
function merged (fields: Section, ...sources: readonly unknown[]): Record<string, unknown> {
  const settings: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) {
    const source = sources.find((one) => (one as Record<string, unknown> | undefined)?.[name] !== undefined)
    settings[name] = (source as Record<string, unknown> | undefined)?.[name] ?? field.fallback
  }
  return settings
}
