import { createHash } from 'node:crypto'
import type { Static, TSchema } from '@sinclair/typebox'
import { DefinitionError, DefinitionExampleError } from '../errors.js'
import { canonicalJson } from './canonical-json.js'
import { defineData } from './data-definition.js'
import { freezeNew } from './freeze.js'
import { checkCodeName, checkOptions, checkStoredName, checkStoredTypeName, checkTypeName, indexByStoredName } from './names.js'
import type { CommandDefinition, Commands, DeepReadonly, Spelling } from './types.js'

const described: unique symbol = Symbol('described command')

export interface CommandOptions<Data = unknown> {
  /** One line, for the list of operations. */
  readonly summary?: string
  /** What the command does and when it is refused. CommonMark. */
  readonly description?: string
  /** Data that fit the schema. */
  readonly examples?: ReadonlyArray<DeepReadonly<Data>>
  /** The command's event type in the command stream; its name by default. */
  readonly storedName?: string
}

/** A schema with what is to be told of the command. Made by `command`. */
export interface DescribedCommand<S extends TSchema> {
  readonly [described]: true
  readonly schema: S
  readonly options: CommandOptions
}

export interface CommandsOptions {
  /** The aggregate type's name in the names of streams, without a `-`; its name by default. */
  readonly storedName?: string
  /** How field names are spelled in the store, of commands and events; as the schemas have them by default. */
  readonly spelling?: Spelling
  /** Stored type of the event that holds a refusal or a failure; `CommandRefused` by default. */
  readonly refusedName?: string
}

export type CommandInput = TSchema | DescribedCommand<TSchema>

/** The schemas of what `defineCommands` was given. */
export type CommandSchemas<I extends Readonly<Record<string, CommandInput>>> = {
  readonly [K in keyof I & string]: I[K] extends DescribedCommand<infer S> ? S : I[K] extends TSchema ? I[K] : never
}

/** A command of which more is told than its schema. */
export function command<S extends TSchema> (schema: S, options: CommandOptions<Static<NoInfer<S>>> = {}): DescribedCommand<S> {
  return { [described]: true, schema, options }
}

/**
 * The commands of an aggregate type: the contract that senders and workers share. Throws an error of a code that begins with
 * `UNISTREAM_DEFINITION_`, and names the part that is wrong, for what cannot work.
 */
export function defineCommands<const N extends string, const I extends Readonly<Record<string, CommandInput>>> (
  name: N, commands: I, options: CommandsOptions = {}
): Commands<N, CommandSchemas<I>> {
  checkTypeName(name)
  checkOptions(`The options of the commands of ${name}`, options, ['storedName', 'spelling', 'refusedName'])
  const { storedName = name, spelling = 'asWritten', refusedName = 'CommandRefused' } = options
  checkStoredTypeName(name, storedName)
  checkStoredName(`A refusal of ${name}, in the store,`, refusedName)
  if (spelling !== 'asWritten' && spelling !== 'PascalCase') {
    throw new DefinitionError(`The spelling of ${name} is ${String(spelling)}: expected asWritten or PascalCase`)
  }
  if (typeof commands !== 'object' || commands === null) {
    throw new DefinitionError(`The commands of ${name} are missing: give defineCommands an object of schemas`)
  }
  const definitions = Object.create(null) as Record<string, CommandDefinition>
  for (const [key, input] of Object.entries(commands)) definitions[key] = defineCommand(name, key, input, spelling)
  const index = indexByStoredName('command', name, Object.values(definitions))
  if (index.size === 0) throw new DefinitionError(`The aggregate type ${name} has no commands: define at least one`)
  return Object.freeze({
    name,
    storedName,
    refusedName,
    spelling,
    commands: Object.freeze(definitions),
    byStoredName: (stored: string) => index.get(stored)
  }) as unknown as Commands<N, CommandSchemas<I>>
}

function defineCommand (type: string, name: string, input: CommandInput, spelling: Spelling): CommandDefinition {
  const subject = `the command ${type}.${name}`
  checkCodeName('A command', name)
  const { schema, options } = isDescribed(input) ? input : { schema: input, options: {} }
  checkOptions(`The options of ${subject}`, options, ['summary', 'description', 'examples', 'storedName'])
  const { storedName = name, summary, description, examples } = options
  checkStoredName(`The command ${type}.${name}, in the store,`, storedName)
  const data = defineData(subject, { name, storedName, schema, spelling })
  for (const example of examples ?? []) {
    const faults = data.check(example)
    if (faults.length > 0) {
      throw new DefinitionExampleError(subject, faults.map(({ pointer, message }) => `${pointer || 'it'} ${message}`).join('; '))
    }
  }
  const shown = examples === undefined ? {} : { examples: freezeNew([...examples]) }
  return Object.freeze({
    ...data,
    // In the schema too, which is all that documentation pages look at.
    schema: { ...shown, ...data.schema },
    ...(summary !== undefined && { summary }),
    ...(description !== undefined && { description }),
    ...shown,
    fingerprint: (value: unknown) => createHash('sha256').update(canonicalJson(value)).digest('hex')
  })
}

function isDescribed (input: CommandInput): input is DescribedCommand<TSchema> {
  return typeof input === 'object' && input !== null && described in input
}
