import type { AnyCommands, CommandDefinition, Fault } from '../definition/index.js'
import { parseId, parseUuid } from '../definition/uuid.js'
import { CommandInvalidError, UnknownCommandError } from '../errors.js'
import type { SendRequest } from './contract.js'

/** The longest that a caller may wait, in seconds. */
const LONGEST_DEADLINE = 86_400

/** Throws an UnknownCommandError where there is none of this name. */
export function commandNamed (commands: AnyCommands, name: string): CommandDefinition {
  const definition = Object.hasOwn(commands.commands, name) ? commands.commands[name] : undefined
  if (definition === undefined) throw new UnknownCommandError()
  return definition
}

/** The ids as the store spells them. Throws a CommandInvalidError that has all faults of the ids. */
export function checkIds (ids: { aggId: unknown, comId: unknown }): { aggId: string, comId: string } {
  const faults: Fault[] = []
  const checked = parseIds(ids, faults)
  if (faults.length > 0) throw new CommandInvalidError(faults)
  return checked
}

/**
 * The ids as the store spells them. Throws a CommandInvalidError that has all faults: those of the command point into the
 * command, those of the ids and the deadline to `/aggId`, `/comId` and `/deadline`.
 */
export function checkRequest (definition: CommandDefinition, request: SendRequest): { aggId: string, comId: string } {
  const faults: Fault[] = []
  const ids = parseIds(request, faults)
  const { deadline } = request
  if (deadline !== undefined && !(typeof deadline === 'number' && deadline > 0 && deadline <= LONGEST_DEADLINE)) {
    faults.push({ pointer: '/deadline', rule: 'range', message: `must be a number of seconds above 0 and up to ${LONGEST_DEADLINE}` })
  }
  faults.push(...definition.check(request.command))
  if (faults.length > 0) throw new CommandInvalidError(faults)
  return ids
}

function parseIds (ids: { aggId: unknown, comId: unknown }, faults: Fault[]): { aggId: string, comId: string } {
  return { aggId: parse('aggId', ids.aggId, faults), comId: parse('comId', ids.comId, faults) }
}

function parse (name: string, given: unknown, faults: Fault[]): string {
  const id = parseId(given)
  if (id !== undefined) return id
  faults.push(parseUuid(given) === undefined
    ? { pointer: `/${name}`, rule: 'format', message: 'must be a UUID' }
    : { pointer: `/${name}`, rule: 'not', message: 'must not be the nil UUID' })
  return ''
}
