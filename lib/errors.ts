import createError from '@fastify/error'

/*
 * The one table of coded errors. A code is part of the public interface: it is never renamed or used for another
 * meaning. Messages are for operators and callers; they hold no secret and nothing that a caller must not see.
 */

/** A fault of a value that does not fit its schema. */
export interface ErrorFault {
  /** A JSON pointer (RFC 6901) to the value that is at fault. */
  pointer: string
  /** The JSON-schema keyword, or the name of the rule, that was broken. */
  rule: string
  /** The same in words. */
  message: string
}

// Definitions: raised when a definition is made, so that start-up stops.

/** A definition that cannot work. The message names the part of it that is wrong. */
export const DefinitionError = createError<'UNISTREAM_DEFINITION_INVALID', [string]>(
  'UNISTREAM_DEFINITION_INVALID', '%s', 500)

/** A name that cannot be used in code, in a route or in the store: subject, name, what is wrong with it and what to do. */
export const DefinitionNameError = createError<'UNISTREAM_DEFINITION_NAME', [string, string, string]>(
  'UNISTREAM_DEFINITION_NAME', '%s cannot be called %s: %s', 500)

/** A decide or an evolve is missing: what is missing, and what to add. */
export const DefinitionIncompleteError = createError<'UNISTREAM_DEFINITION_INCOMPLETE', [string, string]>(
  'UNISTREAM_DEFINITION_INCOMPLETE', '%s: %s', 500)

/** A decide or an evolve for something that is not defined: what it is for, and what is defined. */
export const DefinitionUnknownPartError = createError<'UNISTREAM_DEFINITION_UNKNOWN_PART', [string, string]>(
  'UNISTREAM_DEFINITION_UNKNOWN_PART', '%s is not defined: %s', 500)

/** A schema that JSON data cannot be checked against: whose schema it is, and what is wrong with it. */
export const DefinitionSchemaError = createError<'UNISTREAM_DEFINITION_SCHEMA', [string, string]>(
  'UNISTREAM_DEFINITION_SCHEMA', 'The schema of %s cannot be used: %s', 500)

/** An example that does not fit the schema beside it: whose example it is, and its faults. */
export const DefinitionExampleError = createError<'UNISTREAM_DEFINITION_EXAMPLE', [string, string]>(
  'UNISTREAM_DEFINITION_EXAMPLE', 'An example of %s does not fit its schema: %s. Correct the example or the schema', 500)

// Behaviour: raised while decide or evolve is at work.

/** State or data hold something that is not plain data, and so cannot be kept from changing: where, and what it is. */
export const NotPlainDataError = createError<'UNISTREAM_NOT_PLAIN_DATA', [string, string]>(
  'UNISTREAM_NOT_PLAIN_DATA',
  'At %s stands %s: use only plain objects, arrays, strings, numbers, booleans, bigints, null and undefined', 500)

/** A refusal without a code or a message, or with details that are no JSON. */
export const RefusalError = createError<'UNISTREAM_REFUSAL_INVALID', [string]>(
  'UNISTREAM_REFUSAL_INVALID', 'refuse() was called with %s', 500)

/** An evolve gave no state back. */
export const NoStateError = createError<'UNISTREAM_NO_STATE', [string]>(
  'UNISTREAM_NO_STATE', 'The evolve of %s returned nothing: it must return the new state', 500)

// Settings: raised when a plugin is registered.

/** A setting that nobody knows: misspelt, or of an aggregate or a command that is not defined. */
export const UnknownSettingError = createError<'UNISTREAM_SETTING_UNKNOWN', [string, string]>(
  'UNISTREAM_SETTING_UNKNOWN', 'Unknown setting %s: %s', 500)

/** A setting whose value cannot be used. The message has the setting, the value unless secret, and what is expected. */
export const InvalidSettingError = createError<'UNISTREAM_SETTING_INVALID', [string, string, string]>(
  'UNISTREAM_SETTING_INVALID', 'Setting %s is %s: expected %s', 500)

/** No store is named. `embedded` must be said, since a forgotten setting must not answer from memory. */
export const MissingHostError = createError<'UNISTREAM_HOST_MISSING', []>(
  'UNISTREAM_HOST_MISSING',
  'Setting kurrent.host (KURRENT_HOST) is missing: expected a host, a list of hosts, a connection string, or the word embedded',
  500)

// Plugins

/** A plugin is registered a second time in one place. */
export const AlreadyRegisteredError = createError<'UNISTREAM_ALREADY_REGISTERED', [string]>(
  'UNISTREAM_ALREADY_REGISTERED', '%s is registered here already: register it once, with all aggregates', 500)

/** Sender and subscriber of one app share one connection, and were given different settings for it. */
export const ConnectionConflictError = createError<'UNISTREAM_CONNECTION_CONFLICT', [string]>(
  'UNISTREAM_CONNECTION_CONFLICT',
  'Sender and subscriber of one application share one connection, but their kurrent settings differ in %s', 500)

// The store

class StoreUnavailable extends createError<'UNISTREAM_STORE_UNAVAILABLE', [options?: { cause: unknown }]>(
  'UNISTREAM_STORE_UNAVAILABLE', 'The store is not available at the moment: try again with the same command id', 503) {
  /** Seconds to wait before the next attempt. */
  readonly retryAfter: number = 2
}

/** The store is away, or did not answer in time; nothing is known to have been written. Its cause tells operators what to do. */
export { StoreUnavailable as StoreUnavailableError }

// Sending: a command that was not accepted.

class CommandInvalid extends createError<'UNISTREAM_COMMAND_INVALID', []>(
  'UNISTREAM_COMMAND_INVALID', 'The command does not fit its schema', 400) {
  /** All faults, not only the first. */
  readonly faults: readonly ErrorFault[]

  constructor (faults: readonly ErrorFault[]) {
    super()
    this.faults = faults
  }
}

/** The command, or one of its ids, does not fit: `faults` tells all that is wrong. Nothing reached the store. */
export { CommandInvalid as CommandInvalidError }

/** No such aggregate type or command. */
export const UnknownCommandError = createError<'UNISTREAM_COMMAND_UNKNOWN', []>(
  'UNISTREAM_COMMAND_UNKNOWN', 'There is no such aggregate or command', 404)

/** No outcome of this command is known, nor is it under way. */
export const OutcomeNotFoundError = createError<'UNISTREAM_OUTCOME_NOT_FOUND', []>(
  'UNISTREAM_OUTCOME_NOT_FOUND', 'Nothing is known of this command', 404)

/** The command id was used for another command, another body or another aggregate. */
export const CommandIdReusedError = createError<'UNISTREAM_COMMAND_ID_REUSED', []>(
  'UNISTREAM_COMMAND_ID_REUSED', 'This command id was used for something else: choose a new one', 409)

/** The command is larger than what one append may hold. */
export const CommandTooLargeError = createError<'UNISTREAM_COMMAND_TOO_LARGE', []>(
  'UNISTREAM_COMMAND_TOO_LARGE', 'The command is too large to store', 413)

class Overloaded extends createError<'UNISTREAM_OVERLOADED', []>(
  'UNISTREAM_OVERLOADED', 'Too many commands are in flight: try again later with the same command id', 503) {
  /** Seconds to wait before the next attempt. */
  readonly retryAfter: number = 1
}

/** A bound of the sender is reached: too much is in flight. */
export { Overloaded as OverloadedError }

class Closing extends createError<'UNISTREAM_CLOSING', []>(
  'UNISTREAM_CLOSING', 'This server is closing: send the command again with the same command id', 503) {
  /** Seconds to wait before the next attempt. */
  readonly retryAfter: number = 2
}

/** The server is closing. The command may be sent again, elsewhere or later, with the same id. */
export { Closing as ClosingError }
