import type { TSchema } from '@sinclair/typebox'
import { command, creates, defineAggregate, defineCommands, defineEvents, refuse } from '../../lib/definition/index.js'
import type { CommandDefinition, CommandsOptions, EventDefinition } from '../../lib/definition/index.js'

/** The definition of one command with this schema. */
export function commandOf (schema: TSchema, options: CommandsOptions = {}): CommandDefinition {
  return defineCommands('Thing', { Change: command(schema) }, options).commands.Change
}

/** The definition of one event with this schema. */
export function eventOf (schema: TSchema, options: CommandsOptions = {}): EventDefinition {
  const thing = defineAggregate(defineCommands('Thing', { Change: schema }, options), {
    initialState: {},
    events: defineEvents({ Changed: schema }),
    evolve: { Changed: state => state },
    decide: { Change: creates(() => refuse('NO', 'No.')) }
  })
  return thing.events.Changed
}

/** What is wrong with a value, as `pointer rule` and in the order found. */
export function faultsOf (schema: TSchema, value: unknown): string[] {
  return commandOf(schema).check(value).map(({ pointer, rule }) => `${pointer} ${rule}`)
}

/** What is wrong with a value, in words. */
export function wordsOf (schema: TSchema, value: unknown): string[] {
  return commandOf(schema).check(value).map(({ pointer, message }) => `${pointer} ${message}`)
}

/** The code and the message of the error that a definition is refused with. */
export function refusedWith (make: () => unknown): { code: string, message: string } {
  try {
    make()
  } catch (error) {
    const { code, message } = error as Error & { code: string }
    return { code, message }
  }
  throw new Error('The definition was not refused')
}
