import { pointerSteps } from './pointer.js'

/** A JSON schema as data. */
export type JsonSchema = Record<string | symbol, unknown>

/** A schema, and the schema with an $id (or the root) in which it stands: what its own references start from. */
export interface Place {
  readonly schema: JsonSchema
  readonly resource: JsonSchema
}

/** Finds what the references of one schema refer to, within that schema. */
export class SchemaReferences {
  readonly #byId = new Map<string, JsonSchema>()

  constructor (root: JsonSchema) {
    this.#index(root, new Set())
  }

  /** Undefined where the reference leads out of the schema, or nowhere. */
  resolve (reference: string, from: JsonSchema): Place | undefined {
    const [id, pointer = ''] = reference.split('#') as [string, string | undefined]
    const resource = id === '' ? from : this.#byId.get(id)
    if (resource === undefined) return undefined
    let place: Place = { schema: resource, resource }
    for (const step of pointerSteps(decodeURIComponent(pointer))) {
      const next: unknown = Object.hasOwn(place.schema, step) ? place.schema[step] : undefined
      if (!isSchema(next) && !Array.isArray(next)) return undefined
      const schema = next as JsonSchema
      place = { schema, resource: resourceOf(schema, place.resource) }
    }
    return pointer === '' || pointer.startsWith('/') ? place : undefined
  }

  /** The schemas that apply to the same value as a schema, itself among them, its references followed. */
  together (place: Place, all = new Map<JsonSchema, Place>()): Map<JsonSchema, Place> {
    const { schema } = place
    if (all.has(schema)) return all
    all.set(schema, place)
    const resource = resourceOf(schema, place.resource)
    for (const beside of inPlace(schema)) this.together({ schema: beside, resource }, all)
    const target = typeof schema.$ref === 'string' ? this.resolve(schema.$ref, resource) : undefined
    return target === undefined ? all : this.together(target, all)
  }

  #index (part: unknown, seen: Set<unknown>): void {
    if (typeof part !== 'object' || part === null || seen.has(part)) return
    seen.add(part)
    if (isSchema(part) && typeof part.$id === 'string') this.#byId.set(part.$id, part)
    for (const child of Object.values(part)) this.#index(child, seen)
  }
}

export function isSchema (value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The schemas of a keyword that holds a list of them. */
export function schemaList (value: unknown): JsonSchema[] {
  return Array.isArray(value) ? value.filter(isSchema) : []
}

/** The schemas of a keyword that holds them by name. */
export function schemaMap (value: unknown): Array<[string, JsonSchema]> {
  return isSchema(value) ? Object.entries(value).filter((entry): entry is [string, JsonSchema] => isSchema(entry[1])) : []
}

/** The schemas that a schema applies to the same value as itself, without those that it refers to. */
export function inPlace (schema: JsonSchema): JsonSchema[] {
  return [
    ...schemaList(schema.allOf),
    ...schemaList(schema.anyOf),
    ...schemaList(schema.oneOf),
    ...[schema.then, schema.else].filter(isSchema),
    ...schemaMap(schema.dependentSchemas).map(([, dependent]) => dependent)
  ]
}

/** Where the references inside a schema start from. */
export function resourceOf (schema: JsonSchema, around: JsonSchema): JsonSchema {
  return typeof schema.$id === 'string' ? schema : around
}
