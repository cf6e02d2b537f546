import { DefinitionSchemaError } from '../errors.js'
import { pointerTo } from './pointer.js'
import { inPlace, isSchema, resourceOf, schemaList, SchemaReferences } from './schema-references.js'
import type { JsonSchema, Place } from './schema-references.js'
import { whyUnusable } from './schema-rules.js'

// Keywords by what their schemas apply to: a part of the value, the value itself, or a comparison.
const BELOW = {
  one: ['additionalProperties', 'unevaluatedProperties', 'items', 'additionalItems', 'unevaluatedItems'],
  list: ['items', 'prefixItems'],
  map: ['properties', 'patternProperties', '$defs', 'definitions']
}
const BESIDE = { one: ['then', 'else'], list: ['allOf', 'anyOf', 'oneOf'], map: ['dependentSchemas'] }
const COMPARED = { one: ['not', 'if', 'contains', 'propertyNames'], list: [], map: [] }

/**
 * A copy of a schema that refuses unknown properties at every depth, except where its author says what
 * `additionalProperties` or `unevaluatedProperties` may be. The author's own schema stays as it is.
 *
 * Throws a DefinitionSchemaError, with a pointer to the place, for what JSON data cannot be checked against.
 */
export function closeSchema (subject: string, schema: unknown): JsonSchema {
  if (!isSchema(schema)) throw new DefinitionSchemaError(subject, 'it is no schema: make it with Type of @sinclair/typebox')
  return new Closing(subject, schema).root()
}

interface Spot extends Place {
  readonly pointer: string
}

type Treatment = (spot: Spot) => JsonSchema

class Closing {
  readonly #subject: string
  readonly #root: JsonSchema
  readonly #references: SchemaReferences
  /** Versions of schemas with an $id that stand in the result beside those in their old places. */
  readonly #definitions: Record<string, JsonSchema> = {}
  #path = new Set<JsonSchema>()

  constructor (subject: string, root: JsonSchema) {
    this.#subject = subject
    this.#root = root
    this.#references = new SchemaReferences(root)
  }

  root (): JsonSchema {
    const closed = this.#closed({ schema: this.#root, resource: this.#root, pointer: '' })
    return Object.keys(this.#definitions).length === 0
      ? closed
      : { ...closed, $defs: { ...closed.$defs as JsonSchema | undefined, ...this.#definitions } }
  }

  /** A schema that decides alone which properties a value may have. */
  readonly #closed: Treatment = spot => {
    const { schema } = spot
    const copy = (beside: Treatment): JsonSchema => this.#copy(spot, this.#closed, beside)
    // What the author says of other properties stands.
    if (Object.hasOwn(schema, 'additionalProperties') || Object.hasOwn(schema, 'unevaluatedProperties')) return copy(this.#open)
    const beside = inPlace(schema)
    if (beside.length === 0 && (schema.$ref === undefined || !isObject(schema))) {
      return isObject(schema) ? { ...copy(this.#open), additionalProperties: false } : copy(this.#open)
    }
    // A plain union: each of its forms knows its own properties, and none of them those of the others.
    const forms = schemaList(schema.anyOf)
    if (!hasProperties(schema) && beside.length === forms.length && schema.$ref === undefined &&
      (!isObject(schema) || forms.every(isObject))) return copy(this.#closed)
    return this.#closedTogether(spot, copy(this.#open))
  }

  /** Several schemas that apply to one value: what none of them knows is unknown. */
  #closedTogether (spot: Spot, open: JsonSchema): JsonSchema {
    if (![...this.#references.together(spot).keys()].some(isObject)) return open
    if (!this.#isObject(spot)) {
      throw this.#error(spot.pointer,
        'it joins objects with what may be something else, so that unknown properties cannot be told: make it a union of objects')
    }
    return { type: 'object', ...open, unevaluatedProperties: false }
  }

  /** A schema that applies beside others, one of which may know a property that this one does not. */
  readonly #open: Treatment = spot => {
    const { schema, pointer } = spot
    const { $id, ...open } = this.#copy(spot, this.#closed, this.#open)
    // References from below to it mean the closed one.
    if (typeof $id === 'string') this.#define($id, () => this.#closed(spot))
    if (typeof schema.$ref === 'string') open.$ref = this.#openReference(schema.$ref, resourceOf(schema, spot.resource), pointer)
    return open
  }

  #openReference (reference: string, resource: JsonSchema, pointer: string): string {
    const target = this.#references.resolve(reference, resource)!
    if (typeof target.schema.$id !== 'string') {
      throw this.#error(pointer, `it joins ${reference} with something else: give what it refers to an $id`)
    }
    const $id = `${target.schema.$id}-open`
    this.#define($id, () => ({ ...this.#open({ ...target, pointer }), $id }))
    return $id
  }

  #define (id: string, make: () => JsonSchema): void {
    if (Object.hasOwn(this.#definitions, id)) return
    this.#definitions[id] = {}
    const path = this.#path
    this.#path = new Set()
    this.#definitions[id] = make()
    this.#path = path
  }

  readonly #asItIs: Treatment = spot => this.#copy(spot, this.#asItIs, this.#asItIs)

  #copy (spot: Spot, below: Treatment, beside: Treatment): JsonSchema {
    const { schema, pointer } = spot
    const why = this.#path.has(schema) ? 'it contains itself: use Type.Recursive' : whyUnusable(schema, spot, this.#references)
    if (why !== undefined) throw this.#error(pointer, why)
    this.#path.add(schema)
    const copy: JsonSchema = { ...schema }
    const resource = resourceOf(schema, spot.resource)
    const treat = (child: unknown, treatment: Treatment, ...steps: Array<string | number>): unknown =>
      isSchema(child) ? treatment({ schema: child, resource, pointer: steps.reduce<string>(pointerTo, pointer) }) : child
    for (const [{ one, list, map }, treatment] of [[BELOW, below], [BESIDE, beside], [COMPARED, this.#asItIs]] as const) {
      for (const key of one) if (isSchema(schema[key])) copy[key] = treat(schema[key], treatment, key)
      for (const key of list) {
        const children = schema[key]
        if (Array.isArray(children)) copy[key] = children.map((child, index) => treat(child, treatment, key, index))
      }
      for (const key of map) {
        const children = schema[key]
        if (isSchema(children)) {
          copy[key] = Object.fromEntries(Object.entries(children).map(([name, child]) => [name, treat(child, treatment, key, name)]))
        }
      }
    }
    this.#path.delete(schema)
    return copy
  }

  /** Whether all that fits is an object. */
  #isObject ({ schema, resource: around }: Place): boolean {
    const resource = resourceOf(schema, around)
    const each = (part: JsonSchema): boolean => this.#isObject({ schema: part, resource })
    const target = typeof schema.$ref === 'string' ? this.#references.resolve(schema.$ref, resource) : undefined
    return schema.type === 'object' || schemaList(schema.allOf).some(each) || (target !== undefined && this.#isObject(target)) ||
      [schema.anyOf, schema.oneOf].map(schemaList).some(forms => forms.length > 0 && forms.every(each))
  }

  #error (pointer: string, problem: string): Error {
    return new DefinitionSchemaError(this.#subject, `at ${pointer || 'its top'}, ${problem}`)
  }
}

function isObject (schema: JsonSchema): boolean {
  return [schema.type].flat().includes('object') || hasProperties(schema)
}

function hasProperties (schema: JsonSchema): boolean {
  return isSchema(schema.properties) || isSchema(schema.patternProperties)
}
