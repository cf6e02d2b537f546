import { listed, typeName } from './fault-messages.js'
import { isSchema } from './schema-parts.js'
import type { JsonSchema } from './schema-parts.js'
import type { Fault } from './types.js'

/** Faults that say that a value is of another form, not that it is a bad one of this form. */
const OTHER_FORM = new Set(['type', 'const', 'enum'])

/** One form of a union, and what is wrong with a value that should be of it. */
export interface TriedForm {
  readonly form: JsonSchema
  readonly faults: readonly Fault[]
}

/**
 * What is wrong with a value that fits no form of a union: the faults of the one form that was meant, where that can be told,
 * else one fault for the whole.
 */
export function explainUnion (pointer: string, rule: string, tried: readonly TriedForm[]): readonly Fault[] {
  const meant = tried.filter(({ faults }) => !faults.some(fault => fault.pointer === pointer && OTHER_FORM.has(fault.rule)))
  if (meant.length === 0) return [noForm(pointer, rule, tried)]
  if (meant.length === 1) return meant[0]!.faults
  const marked = meant.filter(({ faults }) => !faults.some(fault => isMark(pointer, fault)))
  if (marked.length === 0) return [noMark(pointer, rule, meant)]
  const [best, second] = marked.toSorted((a, b) => a.faults.length - b.faults.length) as [TriedForm, TriedForm | undefined]
  return second === undefined || best.faults.length < second.faults.length ? best.faults : [unclear(pointer, rule)]
}

/** The value is of another kind than all forms. */
function noForm (pointer: string, rule: string, tried: readonly TriedForm[]): Fault {
  const names = tried.map(({ form }) => literals(form)?.map(value => JSON.stringify(value)) ??
    (typeof form.type === 'string' ? [typeName(form.type)] : []))
  return names.every(({ length }) => length > 0)
    ? { pointer, rule, message: `must be ${listed([...new Set(names.flat())])}` }
    : unclear(pointer, rule)
}

/** A fault of a property that tells the forms apart, such as `kind: "card"`. */
function isMark (pointer: string, { pointer: at, rule }: Fault): boolean {
  return (rule === 'const' || rule === 'enum') && at.lastIndexOf('/') === pointer.length
}

/** The value has the mark of no form: says which marks there are, if it is the same property in all. */
function noMark (pointer: string, rule: string, tried: readonly TriedForm[]): Fault {
  const marks = new Set(tried.map(({ faults }) => faults.find(fault => isMark(pointer, fault))!.pointer))
  const at = [...marks][0]!
  const name = at.slice(pointer.length + 1)
  const values = tried.map(({ form }) => isSchema(form.properties) ? literals(form.properties[name]) : undefined)
  return marks.size === 1 && values.every(list => list !== undefined)
    ? { pointer: at, rule: 'enum', message: `must be ${listed(values.flat().map(value => JSON.stringify(value)))}` }
    : unclear(pointer, rule)
}

function unclear (pointer: string, rule: string): Fault {
  return { pointer, rule, message: 'fits none of the forms that are allowed here' }
}

function literals (schema: unknown): unknown[] | undefined {
  if (!isSchema(schema)) return undefined
  return Object.hasOwn(schema, 'const') ? [schema.const] : Array.isArray(schema.enum) ? schema.enum : undefined
}
