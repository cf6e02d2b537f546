/** A JSON schema as data; TypeBox adds properties named by symbols. */
export type JsonSchema = Record<string | symbol, unknown>

/**
 * What a schema inside another one is about: parts of the value, the value itself as well, or what the value or its parts are
 * compared with, which says nothing of what may be in them.
 */
export type Role = 'below' | 'beside' | 'compared'

/** A schema inside another one. */
export interface SchemaPart {
  readonly role: Role
  /** From the schema around it. */
  readonly steps: ReadonlyArray<string | number>
  readonly schema: JsonSchema
}

/** Keywords whose value is a schema, a list of schemas, or schemas by name; some may be either. */
const KEYWORDS: ReadonlyMap<string, Role> = new Map<string, Role>([
  ...['properties', 'patternProperties', 'additionalProperties', 'unevaluatedProperties', 'items', 'additionalItems',
    'unevaluatedItems', '$defs', 'definitions'].map(keyword => [keyword, 'below'] as const),
  ...['allOf', 'anyOf', 'oneOf', 'then', 'else', 'dependentSchemas'].map(keyword => [keyword, 'beside'] as const),
  ...['not', 'if', 'contains', 'propertyNames'].map(keyword => [keyword, 'compared'] as const)
])
const BY_NAME = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'])

export function isSchema (value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A copy of a schema with other schemas in the place of those inside it. */
export function replaceParts (schema: JsonSchema, replace: (part: SchemaPart) => JsonSchema): JsonSchema {
  const copy = { ...schema }
  for (const [keyword, role] of KEYWORDS) {
    const value = schema[keyword]
    const part = (child: unknown, ...steps: Array<string | number>): unknown =>
      isSchema(child) ? replace({ role, steps: [keyword, ...steps], schema: child }) : child
    if (Array.isArray(value)) copy[keyword] = value.map((child, index) => part(child, index))
    else if (!isSchema(value)) continue
    else if (BY_NAME.has(keyword)) copy[keyword] = Object.fromEntries(Object.entries(value).map(([name, child]) => [name, part(child, name)]))
    else copy[keyword] = part(value)
  }
  return copy
}

/** The schemas inside a schema, one step down. */
export function partsOf (schema: JsonSchema): SchemaPart[] {
  const parts: SchemaPart[] = []
  replaceParts(schema, part => {
    parts.push(part)
    return part.schema
  })
  return parts
}

/** The schemas that a schema applies to the same value as itself, without those that it refers to. */
export function partsBeside (schema: JsonSchema): JsonSchema[] {
  return partsOf(schema).filter(({ role }) => role === 'beside').map(part => part.schema)
}

/** The schemas of a keyword that holds a list of them. */
export function schemaList (value: unknown): JsonSchema[] {
  return Array.isArray(value) ? value.filter(isSchema) : []
}

/** The schemas of a keyword that holds them by name. */
export function schemaMap (value: unknown): Array<[string, JsonSchema]> {
  return isSchema(value) ? Object.entries(value).filter((entry): entry is [string, JsonSchema] => isSchema(entry[1])) : []
}
