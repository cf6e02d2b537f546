import type { TSchema } from '@sinclair/typebox'
import { closeSchema } from './closed-schema.js'
import { jsonFaults, UNKNOWN_PROPERTY } from './json-value.js'
import { placesAround } from './pointer.js'
import { SchemaCheck } from './schema-check.js'
import { PascalCase } from './spelling.js'
import type { DataDefinition, Fault, Spelling } from './types.js'

/** `subject` names the schema's owner in errors. */
export function defineData<S extends TSchema> (
  subject: string, { name, storedName, schema, spelling }: { name: string, storedName: string, schema: S, spelling: Spelling }
): DataDefinition<S> {
  const closed = closeSchema(subject, schema)
  const check = new SchemaCheck(subject, closed)
  const pascalCase = spelling === 'PascalCase' ? new PascalCase(subject, closed) : undefined
  return {
    name,
    storedName,
    // A copy of its own: frameworks change the schemas of their routes.
    schema: closeSchema(subject, schema) as unknown as S,
    check: value => faults(value, check, pascalCase),
    toStored: value => JSON.stringify(pascalCase === undefined ? value : pascalCase.toStored(value)),
    fromStored: value => pascalCase === undefined ? value : pascalCase.fromStored(value)
  }
}

function faults (value: unknown, check: SchemaCheck, pascalCase: PascalCase | undefined): Fault[] {
  const json = jsonFaults(value)
  if (json.bottomless) return json.faults
  // What is no JSON has been told; what a schema says of it is no second fault.
  const told = new Set(json.faults.map(({ pointer }) => pointer))
  const found = check.faults(value).filter(({ pointer }) => told.size === 0 || !placesAround(pointer).some(place => told.has(place)))
  const known = new Set(found.map(({ pointer }) => pointer))
  const clashes = (pascalCase?.clashes(value) ?? []).filter(pointer => !known.has(pointer))
  return [
    ...json.faults,
    ...found,
    ...clashes.map(pointer => ({ pointer, rule: 'additionalProperties', message: UNKNOWN_PROPERTY }))
  ]
}
