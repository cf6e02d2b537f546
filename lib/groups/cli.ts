#!/usr/bin/env node
import { createRequire } from 'node:module'
import { InvalidSettingError, MissingHostError, UnknownSettingError } from '../errors.js'
import { HELP, readCommandLine, UsageError } from './command-line.js'

function version (): string {
  return (createRequire(import.meta.url)('fastify-unistream/package.json') as { version: string }).version
}

/** Of trouble with the store, what its cause says to do. */
function inWords (error: unknown): string {
  const { cause, message } = error instanceof Error ? error : new Error(String(error))
  return cause instanceof Error ? cause.message : message
}

try {
  const wishes = readCommandLine(process.argv.slice(2))
  if (wishes === 'help') console.log(HELP)
  else if (wishes === 'version') console.log(version())
  // The client of the store is slow to load, and only now needed.
  else await (await import('./follow.js')).follow(wishes)
} catch (error) {
  console.error(`unistream-groups: ${inWords(error)}`)
  if (error instanceof UsageError) console.error('Try --help')
  const misused = [UsageError, InvalidSettingError, MissingHostError, UnknownSettingError].some(kind => error instanceof kind)
  process.exitCode = misused ? 2 : 1
}
