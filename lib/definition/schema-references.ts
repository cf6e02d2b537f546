import { pointerSteps } from './pointer.js'
import { isSchema, partsBeside, partsOf } from './schema-parts.js'
import type { JsonSchema } from './schema-parts.js'

/** `#`, or a pointer to a schema that stands in a schema only to be referred to. */
const LOCAL = /^#(?:\/(?:\$defs|definitions)\/[^/]+)?$/

/** Finds what the references of one schema refer to, within that schema. */
export class SchemaReferences {
  readonly #root: JsonSchema
  readonly #byId = new Map<string, JsonSchema>()

  constructor (root: JsonSchema) {
    this.#root = root
    this.#index(root, new Set())
  }

  /** Undefined where the reference leads out of the schema, nowhere, or where only the schema's own structure leads. */
  resolve (reference: string): JsonSchema | undefined {
    if (!reference.startsWith('#')) return this.#byId.get(reference)
    if (!LOCAL.test(reference)) return undefined
    let target: unknown = this.#root
    for (const step of pointerSteps(decodeURIComponent(reference.slice(1)))) {
      target = isSchema(target) && Object.hasOwn(target, step) ? target[step] : undefined
    }
    return isSchema(target) ? target : undefined
  }

  /** The schemas that apply to the same value as a schema, itself among them, its references followed. */
  together (schema: JsonSchema, all = new Set<JsonSchema>()): Set<JsonSchema> {
    if (all.has(schema)) return all
    all.add(schema)
    for (const beside of partsBeside(schema)) this.together(beside, all)
    const target = this.targetOf(schema)
    return target === undefined ? all : this.together(target, all)
  }

  /** What a schema refers to. */
  targetOf (schema: JsonSchema): JsonSchema | undefined {
    return typeof schema.$ref === 'string' ? this.resolve(schema.$ref) : undefined
  }

  #index (schema: JsonSchema, seen: Set<JsonSchema>): void {
    if (seen.has(schema)) return
    seen.add(schema)
    if (typeof schema.$id === 'string') this.#byId.set(schema.$id, schema)
    for (const part of partsOf(schema)) this.#index(part.schema, seen)
  }
}
