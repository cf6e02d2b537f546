import { existsSync } from 'node:fs'
import { invalid } from './refusal.js'

/** What a host setting says, taken apart. */
export interface Address {
  readonly discover: boolean
  /** Each `name:port`. */
  readonly hosts: readonly string[]
  readonly credentials: { readonly user: string, readonly pass: string } | undefined
  /** Options of the connection string, by their names as the client spells them. */
  readonly options: Readonly<Record<string, string>>
}

const WHOLE = /^(?:kurrentdb|kurrent|kdb|esdb)(\+discover)?:\/\/([^/?#]*)\/*(?:\?(.*))?$/i
const HOST = /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?(:\d{1,5})?$/
const HOST_EXPECTED = 'a host (name:port), a list of hosts, a connection string (kurrentdb://… or kurrentdb+discover://…), or the word embedded'
const SETTING = 'kurrent.host (KURRENT_HOST)'

const truth = { fits: (value: string) => value === 'true' || value === 'false', expected: 'true or false' }
const whole = { fits: (value: string) => /^-?\d+$/.test(value), expected: 'a whole number' }
const words = { fits: (value: string) => value !== '', expected: 'a name' }
const file = { fits: (value: string) => existsSync(value), expected: 'a file that exists' }
const node = {
  fits: (value: string) => ['leader', 'follower', 'random', 'read_only_replica'].includes(value),
  expected: 'leader, follower, random or read_only_replica'
}

/** The client answers an option that it does not know by printing the whole string, with the password in it. */
const OPTIONS: Readonly<Record<string, { fits: (value: string) => boolean, expected: string }>> = {
  tls: truth,
  tlsVerifyCert: truth,
  tlsCAFile: file,
  userCertFile: file,
  userKeyFile: file,
  connectionName: words,
  nodePreference: node,
  maxDiscoverAttempts: whole,
  discoveryInterval: whole,
  gossipTimeout: whole,
  defaultDeadline: whole,
  keepAliveInterval: whole,
  keepAliveTimeout: whole,
  throwOnAppendFailure: truth,
}
const SPELLINGS = new Map(Object.keys(OPTIONS).map((option) => [option.toLowerCase(), option]))

/** Takes a host setting apart: one host, a list, or a whole connection string. Throws where it cannot be used. */
export function parseHost (host: string): Address {
  if (!host.includes('://')) {
    return { discover: false, hosts: parseHosts(host, host), credentials: undefined, options: {} }
  }
  const parts = WHOLE.exec(host.trim())
  if (parts === null) throw invalid(SETTING, host, { expected: HOST_EXPECTED })
  const [, discover, , search] = parts
  const authority = parts[2]!
  const at = authority.lastIndexOf('@')
  return {
    discover: discover !== undefined,
    hosts: parseHosts(authority.slice(at + 1), host),
    credentials: at < 0 ? undefined : parseCredentials(authority.slice(0, at), host),
    options: search === undefined ? {} : parseOptions(search, host)
  }
}

/** The connection string of an address that has options, with every part escaped. */
export function writeConnectionString ({ discover, hosts, credentials, options }: Address): string {
  const login = credentials === undefined ? '' : `${escaped(credentials.user)}:${escaped(credentials.pass)}@`
  const search = Object.entries(options).map(([option, value]) => `${option}=${escaped(value)}`).join('&')
  return `kurrentdb${discover ? '+discover' : ''}://${login}${hosts.join(',')}?${search}`
}

function parseHosts (list: string, whole: string): string[] {
  const hosts = list.split(',').map((host) => host.trim())
  for (const host of hosts) {
    const port = Number(host.split(':')[1] ?? 2113)
    if (!HOST.test(host) || port < 1 || port > 65535 || (hosts.length > 1 && host === 'embedded')) {
      throw invalid(SETTING, whole, { expected: HOST_EXPECTED })
    }
  }
  return hosts.map((host) => host.includes(':') ? host : `${host}:2113`)
}

function parseCredentials (text: string, whole: string): { user: string, pass: string } {
  const [user, pass, ...rest] = text.split(':').map(unescaped)
  if (!user || !pass || rest.length > 0) {
    throw invalid(SETTING, whole, { expected: 'user:password before the @, with reserved characters percent-encoded' })
  }
  return { user, pass }
}

function parseOptions (search: string, whole: string): Record<string, string> {
  const options: Record<string, string> = {}
  for (const pair of search.split('&')) {
    const [key = '', raw, ...rest] = pair.split('=')
    const option = SPELLINGS.get(key.toLowerCase())
    if (option === undefined) throw invalid(SETTING, whole, { expected: `options out of ${Object.keys(OPTIONS).join(', ')}` })
    const value = raw === undefined || rest.length > 0 ? undefined : unescaped(raw)
    if (value === undefined || !OPTIONS[option]!.fits(value)) {
      throw invalid(SETTING, whole, { expected: `its option ${option} to be ${OPTIONS[option]!.expected}` })
    }
    options[option] = value
  }
  return options
}

function escaped (text: string): string {
  // The bridge of the client takes these for delimiters, and encodeURIComponent leaves them.
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

function unescaped (text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
