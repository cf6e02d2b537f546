import { oneOf, typeNames } from './fault-messages.js'
import { isSchema } from './schema-references.js'
import type { Fault } from './types.js'

/** Faults that say that a value is of another form, not that it is a bad one of this form. */
const OTHER_FORM = new Set(['type', 'const', 'enum'])

/**
 * What is wrong with a value that fits no form of a union: the faults of the one form that was meant, where that can be told,
 * else one fault for the whole.
 */
export function explainUnion (pointer: string, forms: readonly unknown[], faultsOfForms: readonly Fault[][]): Fault[] {
  const meant = faultsOfForms.filter(faults => !faults.some(fault => fault.pointer === pointer && OTHER_FORM.has(fault.rule)))
  if (meant.length === 0) return [noForm(pointer, forms)]
  if (meant.length === 1) return meant[0]!
  const marked = meant.filter(faults => !faults.some(fault => isMark(pointer, fault)))
  if (marked.length === 0) return sharedMark(pointer, forms, meant) ?? [unclear(pointer)]
  const [best, second] = marked.toSorted((a, b) => a.length - b.length)
  return second === undefined || best!.length < second.length ? best! : [unclear(pointer)]
}

/** A fault of a property that tells the forms apart, such as `kind: "card"`. */
function isMark (pointer: string, { pointer: at, rule }: Fault): boolean {
  return (rule === 'const' || rule === 'enum') && at.lastIndexOf('/') === pointer.length
}

/** No form has such a mark: say which marks there are, if it is the same property in all. */
function sharedMark (pointer: string, forms: readonly unknown[], faultsOfForms: readonly Fault[][]): Fault[] | undefined {
  const [at, ...more] = new Set(faultsOfForms.map(faults => faults.find(fault => isMark(pointer, fault))!.pointer))
  if (at === undefined || more.length > 0) return undefined
  const name = at.slice(pointer.length + 1)
  const values = forms.flatMap(form => literals(isSchema(form) && isSchema(form.properties) ? form.properties[name] : undefined))
  return values.length === 0 ? undefined : [{ pointer: at, rule: 'enum', message: `must be ${oneOf(values)}` }]
}

function noForm (pointer: string, forms: readonly unknown[]): Fault {
  const values = forms.flatMap(literals)
  if (values.length === forms.length) return { pointer, rule: 'enum', message: `must be ${oneOf(values)}` }
  const types = forms.map(form => isSchema(form) ? form.type : undefined)
  return types.every(type => typeof type === 'string')
    ? { pointer, rule: 'type', message: `must be ${typeNames([...new Set(types)])}` }
    : unclear(pointer)
}

function unclear (pointer: string): Fault {
  return { pointer, rule: 'anyOf', message: 'fits none of the forms that are allowed here' }
}

function literals (schema: unknown): unknown[] {
  if (!isSchema(schema)) return []
  return Object.hasOwn(schema, 'const') ? [schema.const] : Array.isArray(schema.enum) ? schema.enum : []
}
