import { Kind } from '@sinclair/typebox'
import type { JsonSchema } from './schema-parts.js'
import type { SchemaReferences } from './schema-references.js'

const JSON_TYPES = new Set<unknown>(['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'])

/** TypeBox kinds of which JSON schema says all. Others have a check of their own, which would be left out in silence. */
const JSON_KINDS = new Set<unknown>([
  'Any', 'Array', 'Boolean', 'Import', 'Integer', 'Intersect', 'Literal', 'Never', 'Not', 'Null', 'Number', 'Object', 'Record',
  'Ref', 'String', 'TemplateLiteral', 'This', 'Tuple', 'Union', 'Unknown', 'Unsafe'
])

const INSTEAD: Readonly<Record<string, string>> = {
  Date: 'use Type.String({ format: \'date-time\' })',
  bigint: 'use Type.Integer(), or Type.String() with a pattern',
  undefined: 'use Type.Optional for what may be missing',
  Uint8Array: 'use Type.String() for an encoding of the bytes',
  RegExp: 'use Type.String({ pattern })'
}

/** Keywords that other ones have replaced, or that name schemas in ways that no schema of TypeBox does. */
const NOT_TAKEN: Readonly<Record<string, string>> = {
  $anchor: '$id',
  $dynamicRef: '$ref',
  $dynamicAnchor: '$id',
  $recursiveRef: '$ref',
  $recursiveAnchor: '$id',
  dependencies: 'dependentRequired or dependentSchemas'
}

/** Why JSON data cannot be checked against this schema (its parts aside), for people; undefined when they can. */
export function whyUnusable (schema: JsonSchema, references: SchemaReferences): string | undefined {
  for (const type of [schema.type].flat()) {
    if (type !== undefined && !JSON_TYPES.has(type)) {
      return `JSON cannot carry a ${String(type)}: ${INSTEAD[String(type)] ?? 'use what JSON has'}`
    }
  }
  const kind = schema[Kind]
  if (kind !== undefined && !JSON_KINDS.has(kind)) {
    return `the TypeBox kind ${String(kind)} says nothing in JSON schema, so that it would go unchecked: use Type.Unsafe with a JSON schema`
  }
  for (const [keyword, instead] of Object.entries(NOT_TAKEN)) {
    if (Object.hasOwn(schema, keyword)) return `${keyword} is not supported: use ${instead}`
  }
  return typeof schema.$ref === 'string' ? whyUnresolved(schema, schema.$ref, references) : undefined
}

function whyUnresolved (schema: JsonSchema, reference: string, references: SchemaReferences): string | undefined {
  const target = references.resolve(reference)
  if (target === undefined) {
    return `it refers to ${reference}, which is not in it: a schema holds all that it refers to, with an $id or in its $defs`
  }
  return references.together(target).has(schema) ? `it refers to itself by ${reference} without a property or an item between` : undefined
}
