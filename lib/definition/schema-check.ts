import { Ajv2019 } from 'ajv/dist/2019.js'
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2019.js'
import ajvFormats from 'ajv-formats'
import { DefinitionSchemaError } from '../errors.js'
import { isMultipleOf } from './decimal.js'
import { messageOf } from './fault-messages.js'
import { pointerTo } from './pointer.js'
import { schemaList, schemaMap, SchemaReferences } from './schema-references.js'
import type { JsonSchema } from './schema-references.js'
import type { Fault } from './types.js'
import { explainUnion } from './union-faults.js'
import { unionKeyword } from './union-keyword.js'

const KEY = 'unistream-definition'
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const addFormats = ajvFormats.default

/** Checks values against one closed schema. */
export class SchemaCheck {
  readonly #ajv: Ajv2019
  readonly #validate: ValidateFunction
  readonly #places = new Map<unknown, string>()

  /** Throws a DefinitionSchemaError where the schema contradicts itself or has keywords or formats that nobody knows. */
  constructor (subject: string, schema: JsonSchema) {
    try {
      this.#ajv = newAjv()
      this.#ajv.addSchema(schema, KEY)
      this.#validate = this.#ajv.getSchema(KEY)!
    } catch (error) {
      throw new DefinitionSchemaError(subject, (error as Error).message)
    }
    this.#locate(schema, '')
  }

  /** All faults, in the order of the schema. */
  faults (value: unknown): Fault[] {
    return this.#run(this.#validate, value, '')
  }

  #run (validate: ValidateFunction, value: unknown, pointer: string): Fault[] {
    if (validate(value) === true) return []
    const errors = validate.errors!
    const faults = new Map<string, Fault>()
    for (const error of errors) {
      for (const fault of this.#explain(error, pointer, errors)) {
        const key = `${fault.rule} ${fault.pointer}`
        if (!faults.has(key)) faults.set(key, fault)
      }
    }
    return [...faults.values()]
  }

  #explain (error: ErrorObject, from: string, all: readonly ErrorObject[]): Fault[] {
    const { keyword, params, instancePath } = error
    const pointer = from + instancePath
    switch (keyword) {
      case 'if': // then or else has said what is wrong
        return []
      case 'anyOf':
      case 'oneOf':
        if (params.fitting === 0) return this.#explainUnion(error, keyword, pointer)
        break
      case 'unevaluatedProperties':
        if (knownToForms(all, instancePath, params.unevaluatedProperty as string)) return []
    }
    const property: unknown = params.missingProperty ?? params.additionalProperty ?? params.unevaluatedProperty ??
      (keyword === 'propertyNames' ? params.propertyName : undefined)
    // What is wrong with a property's name is told once, at the property.
    if (error.propertyName !== undefined) return []
    return [{
      pointer: typeof property === 'string' ? pointerTo(pointer, property) : pointer,
      rule: keyword,
      message: messageOf(error)
    }]
  }

  #explainUnion ({ parentSchema, data }: ErrorObject, keyword: string, pointer: string): Fault[] {
    const forms = (parentSchema as JsonSchema)[keyword] as unknown[]
    const place = this.#places.get(parentSchema)!
    return explainUnion(pointer, forms, forms.map((_form, index) =>
      this.#run(this.#ajv.getSchema(`${KEY}#${encodeURI(`${place}/${keyword}/${index}`)}`)!, data, pointer)))
  }

  #locate (part: unknown, pointer: string): void {
    if (typeof part !== 'object' || part === null || this.#places.has(part)) return
    this.#places.set(part, pointer)
    for (const [key, child] of Object.entries(part)) this.#locate(child, pointerTo(pointer, key))
  }
}

/** Whether a form of a union that failed at the same place knows the property: then nobody can say that it is unknown. */
function knownToForms (errors: readonly ErrorObject[], instancePath: string, property: string): boolean {
  return errors.some(error => {
    if (error.instancePath !== instancePath || (error.keyword !== 'anyOf' && error.keyword !== 'oneOf')) return false
    const schema = error.parentSchema as JsonSchema
    const references = new SchemaReferences(schema)
    return schemaList(schema[error.keyword]).some(form => [...references.together({ schema: form, resource: schema }).keys()].some(part =>
      schemaMap(part.properties).some(([name]) => name === property)))
  })
}

function newAjv (): Ajv2019 {
  const ajv = new Ajv2019({
    strict: true,
    strictRequired: false,
    allowUnionTypes: true,
    allErrors: true,
    // A property is there when it is the object's own: `constructor` is not, in an empty object.
    ownProperties: true,
    verbose: true,
    // Strict mode knows all keywords and the types of their values, without the meta-schemas, which are slow to compile.
    meta: false,
    validateSchema: false,
    logger: false
  })
  addFormats(ajv)
  ajv.addFormat('uuid', UUID)
  ajv.removeKeyword('multipleOf')
  ajv.addKeyword({
    keyword: 'multipleOf',
    type: 'number',
    schemaType: 'number',
    compile (step: number) {
      if (!(step > 0)) throw new Error('multipleOf must be above 0')
      return (value: number) => isMultipleOf(value, step)
    }
  })
  for (const keyword of ['anyOf', 'oneOf'] as const) {
    ajv.removeKeyword(keyword)
    ajv.addKeyword(unionKeyword(keyword))
  }
  return ajv
}
