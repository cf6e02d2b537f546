import { Ajv2019 } from 'ajv/dist/2019.js'
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2019.js'
import ajvFormats from 'ajv-formats'
import { DefinitionSchemaError } from '../errors.js'
import { isMultipleOf } from './decimal.js'
import { messageOf } from './fault-messages.js'
import { placesAround, pointerTo } from './pointer.js'
import { isSchema, partsOf, schemaList, schemaMap } from './schema-parts.js'
import type { JsonSchema } from './schema-parts.js'
import { SchemaReferences } from './schema-references.js'
import type { Fault } from './types.js'
import { explainUnion } from './union-faults.js'
import { unionKeyword } from './union-keyword.js'

const KEY = 'unistream-definition'
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const addFormats = ajvFormats.default

/** Checks values against one closed schema. */
export class SchemaCheck {
  readonly #root: JsonSchema
  readonly #validate: ValidateFunction
  readonly #references: SchemaReferences
  readonly #pointers = new Map<unknown, string>()
  /** Schemas that parts of the value are compared with: what they say is not wanted, only whether enough parts fit. */
  readonly #compared = new Set<unknown>()
  readonly #together = new Map<JsonSchema, readonly JsonSchema[]>()
  #forms: Ajv2019 | undefined

  /** Throws a DefinitionSchemaError where the schema contradicts itself, or has keywords or formats that nobody knows. */
  constructor (subject: string, schema: JsonSchema) {
    try {
      this.#validate = newAjv(true).compile(schema)
    } catch (error) {
      throw new DefinitionSchemaError(subject, (error as Error).message)
    }
    this.#root = schema
    this.#references = new SchemaReferences(schema)
    this.#locate(schema, '', false)
  }

  /** All faults, in the order of the schema. */
  faults (value: unknown): Fault[] {
    return this.#run(this.#validate, value, '')
  }

  #run (validate: ValidateFunction, value: unknown, pointer: string): Fault[] {
    if (validate(value) === true) return []
    // The function keeps its errors until it is called again, which explaining them may do.
    const errors = validate.errors!
    const unfulfilled = unfulfilledPlaces(errors)
    const faults = new Map<string, Fault>()
    for (const error of errors) {
      for (const fault of this.#explain(error, pointer, unfulfilled)) {
        const key = `${fault.rule} ${fault.pointer}`
        if (!faults.has(key)) faults.set(key, fault)
      }
    }
    return [...faults.values()]
  }

  #explain (error: ErrorObject, from: string, unfulfilled: ReadonlySet<string>): readonly Fault[] {
    const { keyword, params, propertyName } = error
    const pointer = from + error.instancePath
    // What is told once, by propertyNames, by contains, or by then or else.
    if (propertyName !== undefined || this.#compared.has(error.parentSchema) || keyword === 'if') return []
    if (params.fitting === 0) return this.#explainUnion(error, pointer)
    if (keyword === 'unevaluatedProperties' && unfulfilled.has(error.instancePath) &&
      this.#isDeclared(params.unevaluatedProperty as string, error.parentSchema as JsonSchema)) return []
    const property = params.missingProperty ?? params.additionalProperty ?? params.unevaluatedProperty ?? params.propertyName
    return [{
      pointer: typeof property === 'string' ? pointerTo(pointer, property) : pointer,
      rule: keyword,
      message: messageOf(error)
    }]
  }

  #explainUnion ({ parentSchema, keyword, data }: ErrorObject, pointer: string): readonly Fault[] {
    const forms = schemaList((parentSchema as JsonSchema)[keyword])
    return explainUnion(pointer, keyword, forms.map(form => ({ form, faults: this.#run(this.#validatorOf(form), data, pointer) })))
  }

  #validatorOf (form: JsonSchema): ValidateFunction {
    const schema = this.#references.targetOf(form) ?? form
    if (schema === this.#root) return this.#validate
    // Not strict: a form alone lacks what the schema around it says of types, and is known to be right.
    this.#forms ??= newAjv(false).addSchema(this.#root, KEY)
    const path = this.#pointers.get(schema)!.split('/').map(encodeURIComponent).join('/')
    return this.#forms.getSchema(`${KEY}#${path}`)!
  }

  /** Whether any schema that applies to the same value, if only under a condition, knows the property. */
  #isDeclared (name: string, schema: JsonSchema): boolean {
    let together = this.#together.get(schema)
    if (together === undefined) this.#together.set(schema, together = [...this.#references.together(schema)])
    return together.some(part => (isSchema(part.properties) && Object.hasOwn(part.properties, name)) ||
      schemaMap(part.patternProperties).some(([pattern]) => new RegExp(pattern, 'u').test(name)))
  }

  #locate (schema: JsonSchema, pointer: string, compared: boolean): void {
    this.#pointers.set(schema, pointer)
    if (compared) this.#compared.add(schema)
    for (const part of partsOf(schema)) {
      this.#locate(part.schema, part.steps.reduce<string>(pointerTo, pointer), compared || part.steps[0] === 'contains')
    }
  }
}

/**
 * Where a schema that applies only under a condition was not fulfilled: there nobody can say that a property which that schema
 * knows is unknown.
 */
function unfulfilledPlaces (errors: readonly ErrorObject[]): ReadonlySet<string> {
  const places = new Set<string>()
  for (const { keyword, params, instancePath, schemaPath } of errors) {
    if (params.fitting === 0 || keyword === 'if') places.add(instancePath)
    // It has no error of its own, and those inside it may be further down in the value.
    if (schemaPath.includes('/dependentSchemas/')) for (const place of placesAround(instancePath)) places.add(place)
  }
  return places
}

function newAjv (strict: boolean): Ajv2019 {
  const ajv = new Ajv2019({
    strict,
    strictNumbers: true,
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
