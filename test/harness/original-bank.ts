import { readFileSync } from 'node:fs'
import type { TSchema } from '@sinclair/typebox'
import { Account } from '../../example-app/account.js'
import { Transaction } from '../../example-app/transaction.js'
import { command, creates, defineAggregate, defineCommands, defineEvents } from '../../lib/definition/index.js'
import type { AnyAggregate, AnyCommands, DecideContext, EventDefinition, CommandDefinition, Decision } from '../../lib/definition/index.js'

/** What the original system wrote into a real server, event for event. */
export interface OriginalRecord {
  readonly stream: string
  readonly id: string
  readonly type: string
  readonly contentType: string
  readonly data: string
  readonly metadata: string
}

export const originalRecords: OriginalRecord[] = readFileSync(new URL('original-wire.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map(line => JSON.parse(line) as OriginalRecord)

/** The records of one aggregate type as they are in a stream of another name, so that tests can share a server; links are left out. */
export function originalRecordsOf (name: 'Account' | 'Transaction', type: string): OriginalRecord[] {
  const original = `Account.Domain.${name}`
  return originalRecords
    .filter(({ stream }) => stream === original || stream.startsWith(`${original}-`))
    .map(record => ({ ...record, stream: type + record.stream.slice(original.length) }))
}

/** The bank's aggregates, stored under the names and in the spelling of the original system. */
export const OriginalAccount = withOriginalNames(Account)
export const OriginalTransaction = withOriginalNames(Transaction)

/** @param type the stored name of the aggregate type, where it is to be another than the original's */
export function withOriginalNames<A extends AnyAggregate> (aggregate: A, type?: string): A {
  const stored = (name: string): string => `Account.Domain.${name}`
  const commands: AnyCommands = defineCommands(
    aggregate.commands.name,
    mapped(aggregate.commands.commands, ({ schema, name }) => command(schema, { storedName: stored(name) })),
    { storedName: type ?? stored(aggregate.commands.name), spelling: 'PascalCase' }
  )
  const schemas: Record<string, TSchema> = mapped(aggregate.events, ({ schema }) => schema)
  return defineAggregate(commands, {
    initialState: aggregate.initialState,
    events: defineEvents(schemas, { storedNames: mapped(aggregate.events, ({ name }) => stored(name)) }),
    evolve: mapped(aggregate.events, ({ name }) => (state: unknown, data: unknown) => aggregate.evolve(name, state, data)),
    decide: mapped(aggregate.commands.commands, ({ name }) => {
      const decide = (state: unknown, data: unknown, context: DecideContext) => aggregate.decide(name, state, data, context) as Decision
      return aggregate.creates(name) ? creates(decide) : decide
    })
  }) as AnyAggregate as A
}

function mapped<D extends CommandDefinition | EventDefinition, T> (definitions: Readonly<Record<string, D>>, map: (definition: D) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(definitions).map(([name, definition]) => [name, map(definition)]))
}
