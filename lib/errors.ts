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

/** The store is away, or did not answer in time; nothing is known to have been written. */
export const StoreUnavailableError = createError<'UNISTREAM_STORE_UNAVAILABLE', []>(
  'UNISTREAM_STORE_UNAVAILABLE', 'The store is not available at the moment: try again with the same command id', 503)

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

/** A bound of the sender is reached: too much is in flight. */
export const OverloadedError = createError<'UNISTREAM_OVERLOADED', []>(
  'UNISTREAM_OVERLOADED', 'Too many commands are in flight: try again later with the same command id', 503)

/** The server is closing. The command may be sent again, elsewhere or later, with the same id. */
export const ClosingError = createError<'UNISTREAM_CLOSING', []>(
  'UNISTREAM_CLOSING', 'This server is closing: send the command again with the same command id', 503)
