import type { Static, TSchema } from '@sinclair/typebox'

/** One thing that is wrong with a value. */
export interface Fault {
  /** JSON pointer (RFC 6901) to what is at fault; of a missing or an unknown property, to that property. */
  readonly pointer: string
  /** The JSON-schema keyword that was broken; `json` where the value is no JSON at all. */
  readonly rule: string
  /** What is wrong, for people, to be read after the name of the field: `must be at least 100`. */
  readonly message: string
}

/** The same type with every part of it readonly, as decide and evolve get it. */
export type DeepReadonly<T> =
  0 extends 1 & T
    ? T
    : T extends string | number | bigint | boolean | ((...args: never[]) => unknown)
      ? T
      : T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T

/** A schema of JSON data under its stored name, and what can be done with values of it. */
export interface DataDefinition<S extends TSchema = TSchema> {
  readonly name: string
  readonly storedName: string
  /** The author's schema, closed: it refuses unknown properties at every depth. */
  readonly schema: S
  /**
   * All faults of a value, in a fixed order; none when it fits. Nothing is coerced, filled in or removed. Decimals are
   * exact: 1.13 is a multiple of 0.01. What JSON cannot carry, be it a bigint or a cycle, is a fault and no exception.
   */
  readonly check: (value: unknown) => Fault[]
  /** The JSON text as it is stored, with the field names as the store spells them. Of values that check finds no fault with. */
  readonly toStored: (value: unknown) => string
  /** Parsed JSON from the store, with the field names as the code spells them. What it does not know stays as it is. */
  readonly fromStored: (value: unknown) => unknown
}

export interface CommandDefinition<S extends TSchema = TSchema> extends DataDefinition<S> {
  readonly summary?: string
  readonly description?: string
  /** Data that fit the schema. */
  readonly examples?: readonly unknown[]
  /** SHA-256, in hex, of the canonical JSON in the code's spelling: equal for equal commands. */
  readonly fingerprint: (value: unknown) => string
}

export interface EventDefinition<S extends TSchema = TSchema> extends DataDefinition<S> {}

/** How field names are spelled in the store: as the schema has them, or with a capital first letter. */
export type Spelling = 'asWritten' | 'PascalCase'

export type Schemas = Readonly<Record<string, TSchema>>

/** The commands of some aggregate type, with the types of the particular ones left out. */
export interface AnyCommands {
  /** The aggregate type's name in code and in routes. */
  readonly name: string
  /** The aggregate type's name in the names of streams. */
  readonly storedName: string
  /** Stored type of the event that holds a refusal or a failure. */
  readonly refusedName: string
  readonly spelling: Spelling
  readonly commands: Readonly<Record<string, CommandDefinition>>
  readonly byStoredName: (storedName: string) => CommandDefinition | undefined
}

/** The commands of one aggregate type: all that a sender, a front end or a generated client needs. */
export interface Commands<N extends string, S extends Schemas> extends AnyCommands {
  readonly name: N
  readonly commands: { readonly [K in keyof S & string]: CommandDefinition<S[K]> }
}

/** The names of the commands. */
export type CommandName<C extends AnyCommands> = keyof C['commands'] & string

/** The data of a command, as its schema says. */
export type CommandData<C extends AnyCommands, K extends CommandName<C>> =
  C['commands'][K] extends CommandDefinition<infer S> ? Static<S> : never

/** What a typed sender is given to send one command. */
export interface SendRequest<C extends AnyCommands, K extends CommandName<C>> {
  /** The aggregate that the command is for: a UUID. */
  readonly aggId: string
  /** The command's own id, chosen by the caller: a UUID. Sent again with the same one, a command takes effect once. */
  readonly comId: string
  readonly command: DeepReadonly<CommandData<C, K>>
  /** Seconds until a command without an outcome is answered as open. */
  readonly deadline?: number
}

/** One typed function for each command of an aggregate type, each promising an `Answer`. */
export type Senders<C extends AnyCommands, Answer> = {
  readonly [K in CommandName<C>]: (request: SendRequest<C, K>) => Promise<Answer>
}

/** Something that has happened to an aggregate. */
export interface DomainEvent<N extends string = string, D = unknown> {
  readonly type: N
  readonly data: D
}

/** The events of an aggregate type, as a union. */
export type EventOf<E extends Schemas> = {
  [K in keyof E & string]: DomainEvent<K, DeepReadonly<Static<E[K]>>>
}[keyof E & string]

/** What decide knows beside state and command. Equal for every worker that may decide the command. */
export interface DecideContext {
  readonly aggId: string
  readonly comId: string
  /** The moment at which the store took the command. A fresh object for each call. */
  readonly now: Date
}

declare const refusal: unique symbol

/** A rule says no. Made by `refuse`. */
export interface Refusal {
  readonly [refusal]: true
  readonly code: string
  readonly message: string
  readonly details?: unknown
}

/** What decide returns: one event, several (at least one), or a refusal. */
export type Decision<Event extends DomainEvent = DomainEvent> = Event | readonly Event[] | Refusal

/** Decides one kind of command: a pure and deterministic function. */
export type Decide<State, Data, Event extends DomainEvent> =
  (state: DeepReadonly<State>, command: DeepReadonly<Data>, context: DecideContext) => Decision<Event>

/** Applies one kind of event: a pure and deterministic function that returns the new state. */
export type Evolve<State, Data> = (state: DeepReadonly<State>, data: DeepReadonly<Data>) => DeepReadonly<State>

/** An aggregate type, with the types of its state, commands and events left out. */
export interface AnyAggregate {
  readonly commands: AnyCommands
  /** Frozen to the bottom. */
  readonly initialState: unknown
  readonly events: Readonly<Record<string, EventDefinition>>
  readonly eventByStoredName: (storedName: string) => EventDefinition | undefined
  /** Whether the command begins an aggregate; any other needs it to exist. */
  creates (command: string): boolean
  /**
   * What the user's function returns, unchecked. Throws what that throws.
   */
  decide (command: string, state: unknown, data: unknown, context: DecideContext): unknown
  /** The new state, frozen to the bottom. Throws what the user's function throws, and what is not plain data. */
  evolve (event: string, state: unknown, data: unknown): unknown
}

/** An aggregate type: its commands, and how it behaves. */
export interface Aggregate<C extends AnyCommands, State, E extends Schemas> extends AnyAggregate {
  readonly commands: C
  readonly initialState: DeepReadonly<State>
  readonly events: { readonly [K in keyof E & string]: EventDefinition<E[K]> }
  creates (command: CommandName<C>): boolean
  decide<K extends CommandName<C>> (
    command: K, state: DeepReadonly<State>, data: DeepReadonly<CommandData<C, K>>, context: DecideContext
  ): Decision<EventOf<E>>
  evolve<K extends keyof E & string> (
    event: K, state: DeepReadonly<State>, data: DeepReadonly<Static<E[K]>>
  ): DeepReadonly<State>
}

/** The state of an aggregate type. */
export type StateOf<A extends AnyAggregate> = A['initialState']
