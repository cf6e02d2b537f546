import type { Static } from '@sinclair/typebox'
import { DefinitionError } from '../errors.js'
import { defineData } from './data-definition.js'
import { checkCodeName, checkOptions, checkStoredEventName, indexByStoredName } from './names.js'
import type { AnyCommands, DeepReadonly, DomainEvent, EventDefinition, Schemas } from './types.js'

const declared: unique symbol = Symbol('declared events')

export interface EventsOptions<E extends Schemas> {
  /** The events' types in the store, of those that are not stored under their own names. */
  readonly storedNames?: { readonly [K in keyof E & string]?: string }
}

/** One function for each event, which makes it: `event.AccountCreated({ owner })`. */
export type Events<E extends Schemas> = {
  readonly [K in keyof E & string]: (data: DeepReadonly<Static<E[K]>>) => DomainEvent<K, DeepReadonly<Static<E[K]>>>
} & { readonly [declared]: { readonly schemas: E, readonly storedNames: Readonly<Record<string, string | undefined>> } }

/** The events of an aggregate type. Whether they can be stored is checked by `defineAggregate`. */
export function defineEvents<const E extends Schemas> (schemas: E, options: NoInfer<EventsOptions<E>> = {}): Events<E> {
  checkOptions('The options of defineEvents', options, ['storedNames'])
  if (typeof schemas !== 'object' || schemas === null) {
    throw new DefinitionError('defineEvents was called without events: give it an object of schemas')
  }
  const storedNames = { ...options.storedNames } as Record<string, string | undefined>
  for (const name of Object.keys(storedNames)) {
    if (!Object.hasOwn(schemas, name)) throw new DefinitionError(`A stored name is given for the event ${name}, which is not defined`)
  }
  const makers = Object.create(null) as Record<string | symbol, unknown>
  for (const name of Object.keys(schemas)) {
    checkCodeName('An event', name)
    makers[name] = (data: unknown) => ({ type: name, data })
  }
  makers[declared] = { schemas, storedNames }
  return Object.freeze(makers) as unknown as Events<E>
}

/** The definitions of the events for the aggregate type that these commands are for. */
export function eventDefinitions (commands: AnyCommands, events: Events<Schemas>): {
  readonly byName: Readonly<Record<string, EventDefinition>>
  readonly byStoredName: ReadonlyMap<string, EventDefinition>
} {
  const { schemas, storedNames } = events?.[declared] ?? {}
  if (schemas === undefined) throw new DefinitionError(`The events of ${commands.name} are not defined: make them with defineEvents`)
  const byName = Object.create(null) as Record<string, EventDefinition>
  for (const [name, schema] of Object.entries(schemas)) {
    const storedName = storedNames?.[name] ?? name
    checkStoredEventName(`The event ${commands.name}.${name}, in the store,`, storedName, commands.refusedName)
    byName[name] = Object.freeze(defineData(`the event ${commands.name}.${name}`, { name, storedName, schema, spelling: commands.spelling }))
  }
  const byStoredName = indexByStoredName('event', commands.name, Object.values(byName))
  if (byStoredName.size === 0) throw new DefinitionError(`The aggregate type ${commands.name} has no events: define at least one`)
  return { byName: Object.freeze(byName), byStoredName }
}
