import { isDeepStrictEqual } from 'node:util'
import { DefinitionSchemaError } from '../errors.js'
import { pointerTo } from './pointer.js'
import { isSchema, partsBeside, replaceParts, schemaList } from './schema-parts.js'
import type { JsonSchema, Role } from './schema-parts.js'
import { SchemaReferences } from './schema-references.js'
import { whyUnusable } from './schema-rules.js'

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

type Treatment = (schema: JsonSchema, pointer: string) => JsonSchema

class Closing {
  readonly #subject: string
  readonly #root: JsonSchema
  readonly #references: SchemaReferences
  /** Which schema has an $id, of those that the copy has under it. */
  readonly #owners = new Map<string, JsonSchema>()
  /** What the copy holds only to be referred to, beside what the author has put there. */
  readonly #definitions: Record<string, JsonSchema> = {}
  #path = new Set<JsonSchema>()

  constructor (subject: string, root: JsonSchema) {
    this.#subject = subject
    this.#root = root
    this.#references = new SchemaReferences(root)
  }

  root (): JsonSchema {
    const closed = this.#closed(this.#root, '')
    return Object.keys(this.#definitions).length === 0
      ? closed
      : { ...closed, $defs: { ...closed.$defs as JsonSchema | undefined, ...this.#definitions } }
  }

  /** A schema that decides alone which properties a value may have. */
  readonly #closed: Treatment = (schema, pointer) => {
    const known = typeof schema.$id === 'string' && !this.#owns(schema, schema.$id, pointer)
    const { $id, ...closed } = this.#closedWithId(schema, pointer)
    // One of several copies has the $id; references mean that one.
    return $id === undefined || known ? closed : { $id, ...closed }
  }

  #closedWithId (schema: JsonSchema, pointer: string): JsonSchema {
    // What the author says of other properties stands.
    if (Object.hasOwn(schema, 'additionalProperties') || Object.hasOwn(schema, 'unevaluatedProperties')) {
      return this.#copy(schema, pointer, { below: this.#closed, beside: this.#open })
    }
    const beside = partsBeside(schema)
    if (beside.length === 0 && (schema.$ref === undefined || !isObject(schema))) {
      const copy = this.#copy(schema, pointer, { below: this.#closed, beside: this.#open })
      return isObject(schema) ? { ...copy, additionalProperties: false } : copy
    }
    // A plain union: each of its forms knows its own properties, and none of them those of the others.
    const forms = schemaList(schema.anyOf)
    if (beside.length === forms.length && schema.$ref === undefined && !hasProperties(schema) &&
      (!isObject(schema) || forms.every(isObject))) {
      return this.#copy(schema, pointer, { below: this.#closed, beside: this.#closed })
    }
    return this.#closedTogether(schema, pointer)
  }

  /** Several schemas that apply to one value: what none of them knows is unknown. */
  #closedTogether (schema: JsonSchema, pointer: string): JsonSchema {
    const copy = this.#copy(schema, pointer, { below: this.#closed, beside: this.#open })
    if (![...this.#references.together(schema)].some(isObject)) return copy
    if (!this.#meansObject(schema)) {
      throw this.#error(pointer,
        'it joins objects with what may be something else, so that unknown properties cannot be told: make it a union of objects')
    }
    return { type: 'object', ...copy, unevaluatedProperties: false }
  }

  /** A schema that applies beside others, one of which may know a property that this one does not. */
  readonly #open: Treatment = (schema, pointer) => {
    const { $id, ...open } = this.#copy(schema, pointer, { below: this.#closed, beside: this.#open })
    if (typeof $id === 'string') this.#defineClosed($id, schema, pointer)
    if (typeof schema.$ref === 'string') open.$ref = this.#openReference(schema.$ref, pointer)
    return open
  }

  #openReference (reference: string, pointer: string): string {
    const target = this.#references.resolve(reference)!
    if (typeof target.$id !== 'string') {
      throw this.#error(pointer, `it joins ${reference} with something else: give what it refers to an $id`)
    }
    const $id = `${target.$id}-open`
    this.#define($id, () => ({ ...this.#open(target, pointer), $id }))
    return $id
  }

  readonly #asItIs: Treatment = (schema, pointer) => {
    const { $id, ...copy } = this.#copy(schema, pointer, { below: this.#asItIs, beside: this.#asItIs })
    if (typeof $id === 'string') this.#defineClosed($id, schema, pointer)
    return copy
  }

  /** References to a schema that is not closed where it stands mean a closed copy of it. */
  #defineClosed (id: string, schema: JsonSchema, pointer: string): void {
    if (this.#owns(schema, id, pointer)) this.#define(id, () => this.#closedWithId(schema, pointer))
  }

  #define (name: string, make: () => JsonSchema): void {
    if (Object.hasOwn(this.#definitions, name)) return
    this.#definitions[name] = {}
    const path = this.#path
    this.#path = new Set()
    this.#definitions[name] = make()
    this.#path = path
  }

  /** Whether the $id had no copy so far. Two different schemas of one $id cannot be told apart by those that refer to them. */
  #owns (schema: JsonSchema, id: string, pointer: string): boolean {
    const owner = this.#owners.get(id)
    if (owner !== undefined && !isDeepStrictEqual(owner, schema)) {
      throw this.#error(pointer, `another schema in it has the $id ${id} too: give one of them another $id`)
    }
    this.#owners.set(id, schema)
    return owner === undefined
  }

  #copy (schema: JsonSchema, pointer: string, treatments: { readonly [R in Exclude<Role, 'compared'>]: Treatment }): JsonSchema {
    const why = this.#path.has(schema) ? 'it contains itself: use Type.Recursive' : whyUnusable(schema, this.#references)
    if (why !== undefined) throw this.#error(pointer, why)
    this.#path.add(schema)
    const copy = replaceParts(schema, ({ role, steps, schema: part }) => {
      const treatment = role === 'compared' ? this.#asItIs : treatments[role]
      return treatment(part, steps.reduce<string>(pointerTo, pointer))
    })
    this.#path.delete(schema)
    return copy
  }

  /** Whether all that fits is an object. */
  #meansObject (schema: JsonSchema): boolean {
    const target = this.#references.targetOf(schema)
    const means = (part: JsonSchema): boolean => this.#meansObject(part)
    return schema.type === 'object' || schemaList(schema.allOf).some(means) || (target !== undefined && means(target)) ||
      [schema.anyOf, schema.oneOf].map(schemaList).some(forms => forms.length > 0 && forms.every(means))
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
