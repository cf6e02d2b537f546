export type {
  Aggregate, AnyAggregate, AnyCommands, CommandData, CommandDefinition, CommandName, Commands, DataDefinition, Decide, DecideContext,
  Decision, DeepReadonly, DomainEvent, EventDefinition, EventOf, Evolve, Fault, Refusal, Schemas, Senders, SendRequest, Spelling,
  StateOf
} from './types.js'
export { creates, defineAggregate } from './aggregate.js'
export type { Behaviour, Creating } from './aggregate.js'
export { canonicalJson } from './canonical-json.js'
export { command, defineCommands } from './commands.js'
export type { CommandInput, CommandOptions, CommandSchemas, CommandsOptions, DescribedCommand } from './commands.js'
export { defineEvents } from './events.js'
export type { Events, EventsOptions } from './events.js'
export { freezeNew } from './freeze.js'
export { isRefusal, refuse } from './refusal.js'
