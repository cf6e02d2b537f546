import type { AnyAggregate, AnyCommands } from '../lib/definition/index.js'
import { InvalidSettingError, UnknownSettingError } from '../lib/errors.js'
import type { ReadinessRoute } from '../lib/http/index.js'
import type { SettingsOptions } from '../lib/settings/index.js'
import type { ConnectionOptions } from './kurrent.js'

/** What both plugins take. */
export interface UnistreamOptions extends SettingsOptions {
  kurrent?: ConnectionOptions | undefined
  /**
   * A route that tells whether this application can do its work: 200 or 503. `true` for `/ready`, a path, or a path with the
   * route's options. None unless said.
   */
  readinessRoute?: ReadinessRoute | undefined
}

/** Options that Fastify itself gives a meaning to, and hands to the plugin too. */
const FASTIFY = ['prefix', 'logLevel', 'logSerializers']
const COMMON = ['aggregates', 'kurrent', 'aggregate', 'command', 'announce', 'readinessRoute']

type Form = readonly [fits: (value: unknown) => boolean, expected: string]

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)
const isPath = (value: unknown): boolean => typeof value === 'string' && value.startsWith('/')

export const boolean: Form = [(value) => typeof value === 'boolean', 'true or false']
export const object: Form = [isObject, 'an object']
export const booleanOrObject: Form = [(value) => typeof value === 'boolean' || isObject(value), 'true, false or an object']
export const path: Form = [(value) => value === '' || isPath(value), 'a path that begins with /']
const readinessForm: Form = [
  (value) => typeof value === 'boolean' || isPath(value) || (isObject(value) && fitsReadinessRoute(value as object)),
  'true, false, a path that begins with /, or an object of url and routeOptions'
]

function fitsReadinessRoute (route: { url?: unknown }): boolean {
  return Object.keys(route).every((key) => key === 'url' || key === 'routeOptions') && (route.url === undefined || isPath(route.url))
}

/** Checks the options that are no settings. A misspelt one would be without effect, in silence. */
export function checkOptions (options: object, own: Readonly<Record<string, Form>>): void {
  const forms: Readonly<Record<string, Form>> = { ...own, readinessRoute: readinessForm }
  for (const [name, value] of Object.entries(options)) {
    if (![...COMMON, ...FASTIFY, ...Object.keys(own)].includes(name)) {
      throw new UnknownSettingError(name, `expected one of ${[...COMMON, ...Object.keys(own)].join(', ')}`)
    }
    const form = Object.hasOwn(forms, name) ? forms[name] : undefined
    if (form !== undefined && value !== undefined && !form[0](value)) {
      throw new InvalidSettingError(name, JSON.stringify(value) ?? String(value), form[1])
    }
  }
}

/** Checks the definitions that a plugin is given: at least one, and none that another would be taken for. */
export function checkDefinitions (name: string, definitions: readonly AnyCommands[]): void {
  const names = new Map<string, AnyCommands>()
  for (const commands of definitions) {
    for (const key of new Set([commands.name, commands.storedName])) {
      const other = names.get(key)
      if (other !== undefined) throw new InvalidSettingError(name, `of two aggregate types called ${key}`, 'each name once, in code and in the store')
      names.set(key, commands)
    }
  }
  if (names.size === 0) throw new InvalidSettingError(name, 'empty', 'a list of at least one definition')
}

export function isCommands (value: unknown): value is AnyCommands {
  return isObject(value) && typeof (value as AnyCommands).byStoredName === 'function'
}

export function isAggregate (value: unknown): value is AnyAggregate {
  return isObject(value) && isCommands((value as AnyAggregate).commands) && typeof (value as AnyAggregate).decide === 'function'
}
