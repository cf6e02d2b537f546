/**
 * Event sourcing for Fastify on KurrentDB: definitions of commands and aggregates, the plugin that sends commands, the plugin
 * that decides them, and the errors of both.
 */
export {
  canonicalJson, command, creates, defineAggregate, defineCommands, defineEvents, isRefusal, refuse
} from './definition/index.js'
export type {
  Aggregate, AnyAggregate, AnyCommands, Behaviour, CommandData, CommandDefinition, CommandInput, CommandName, Commands, CommandSchemas,
  CommandsOptions, CommandOptions as CommandDescription, Creating, DataDefinition, Decide, DecideContext, Decision, DeepReadonly,
  DescribedCommand, DomainEvent, EventDefinition, EventOf, Events, EventsOptions, Evolve, Fault, Refusal, Schemas, Senders,
  SendRequest, Spelling, StateOf
} from './definition/index.js'
export { OutcomeCode } from './outcome/index.js'
export type { CommandKey, Failed, Open, Outcome, OutcomeEvent, Refused, Settled, Succeeded } from './outcome/index.js'
export { frameworkErrors, sender } from '../plugins/sender.js'
export type { SenderOptions } from '../plugins/sender.js'
export { subscriber } from '../plugins/subscriber.js'
export type { SubscriberOptions } from '../plugins/subscriber.js'
export type { ConnectionOptions, StoreClient } from '../plugins/kurrent.js'
export type { UnistreamOptions } from '../plugins/options.js'
export type { AggregateRouteSettings, CommandRouteSettings, ReadinessRoute, RouteDocumentation, RouteOptions } from './http/index.js'
export type { AggregateOptions, CommandOptions, KurrentOptions, SettingsOptions } from './settings/index.js'
// By name an application could not add to the interface of its aggregate types.
export type * from '../plugins/unistream.js'
export * from './errors.js'
