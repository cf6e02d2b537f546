import { DefinitionSchemaError } from '../errors.js'
import { pointerTo } from './pointer.js'
import { isSchema, schemaList, schemaMap } from './schema-parts.js'
import type { JsonSchema } from './schema-parts.js'
import { SchemaReferences } from './schema-references.js'

/** What a schema says of the names at one depth of a value. */
interface Level {
  /** Declared properties, by their name in code. */
  readonly properties: Map<string, { readonly stored: string, readonly below: Level }>
  /** The declared properties' names in code, by their name in the store. */
  readonly codeNames: Map<string, string>
  /** Of keys that are data themselves, and so keep their spelling. */
  readonly keys: Array<{ readonly pattern: RegExp, readonly below: Level }>
  readonly other: Level | undefined
  readonly leadingItems: Level[]
  readonly otherItems: Level | undefined
}

/**
 * Spells the declared properties of a schema with a capital first letter, and back, as .NET programs do. Keys of records
 * are data and stay as they are.
 */
export class PascalCase {
  readonly #subject: string
  readonly #references: SchemaReferences
  readonly #levels = new Map<string, Level>()
  readonly #ids = new Map<JsonSchema, number>()
  readonly #root: Level

  constructor (subject: string, schema: JsonSchema) {
    this.#subject = subject
    this.#references = new SchemaReferences(schema)
    this.#root = this.#level([schema])
  }

  toStored (value: unknown): unknown {
    return respell(value, this.#root, (level, key) => level.properties.get(key)?.stored ?? key)
  }

  fromStored (value: unknown): unknown {
    return respell(value, this.#root, (level, key) => level.codeNames.get(key) ?? key)
  }

  /** Pointers to keys of data that would be stored under the name of a declared property. */
  clashes (value: unknown): string[] {
    const found: string[] = []
    const visit = (part: unknown, level: Level | undefined, pointer: string): void => {
      if (level === undefined || typeof part !== 'object' || part === null) return
      if (Array.isArray(part)) return part.forEach((item, index) => visit(item, itemsOf(level, index), pointerTo(pointer, index)))
      for (const key of Object.keys(part)) {
        if (!level.properties.has(key) && level.codeNames.has(key)) found.push(pointerTo(pointer, key))
        visit((part as Record<string, unknown>)[key], below(level, key), pointerTo(pointer, key))
      }
    }
    visit(value, this.#root, '')
    return found
  }

  /** One level for all schemas that apply to one part of the value; each such set is looked at once, so recursion ends. */
  #level (schemas: readonly JsonSchema[]): Level {
    const all = new Set<JsonSchema>()
    for (const schema of schemas) this.#references.together(schema, all)
    const key = [...all].map(schema => this.#id(schema)).sort((a, b) => a - b).join()
    const known = this.#levels.get(key)
    if (known !== undefined) return known
    const children = new Children(all)
    const level: { -readonly [K in keyof Level]: Level[K] } = {
      properties: new Map(), codeNames: new Map(), keys: [], other: undefined, leadingItems: [], otherItems: undefined
    }
    this.#levels.set(key, level)
    for (const [name, schemas] of children.properties) this.#declare(level, name, schemas)
    for (const [pattern, schemas] of children.patterns) {
      level.keys.push({ pattern: new RegExp(pattern, 'u'), below: this.#level(schemas) })
    }
    if (children.other.length > 0) level.other = this.#level(children.other)
    level.leadingItems.push(...children.leading.map(schemas => this.#level(schemas)))
    if (children.rest.length > 0) level.otherItems = this.#level(children.rest)
    return level
  }

  #declare (level: Level, name: string, schemas: readonly JsonSchema[]): void {
    const stored = capital(name)
    const other = level.codeNames.get(stored)
    if (other !== undefined) {
      throw new DefinitionSchemaError(this.#subject,
        `${other} and ${name} are both stored as ${stored}; rename one of them, or give up the spelling PascalCase`)
    }
    level.codeNames.set(stored, name)
    level.properties.set(name, { stored, below: this.#level(schemas) })
  }

  #id (schema: JsonSchema): number {
    const id = this.#ids.get(schema) ?? this.#ids.size
    this.#ids.set(schema, id)
    return id
  }
}

/** The schemas of the parts of a value, of all schemas that apply to the value. */
class Children {
  readonly properties = new Map<string, JsonSchema[]>()
  readonly patterns = new Map<string, JsonSchema[]>()
  readonly other: JsonSchema[] = []
  readonly leading: JsonSchema[][] = []
  readonly rest: JsonSchema[] = []

  constructor (schemas: Iterable<JsonSchema>) {
    for (const schema of schemas) {
      for (const [name, child] of Object.entries(schema.properties ?? {})) {
        // A schema that is true or false declares the name, too.
        listIn(this.properties, name).push(...[child as unknown].filter(isSchema))
      }
      for (const [pattern, child] of schemaMap(schema.patternProperties)) listIn(this.patterns, pattern).push(child)
      this.other.push(...[schema.additionalProperties, schema.unevaluatedProperties].filter(isSchema))
      for (const [index, child] of schemaList(schema.items).entries()) (this.leading[index] ??= []).push(child)
      this.rest.push(...[schema.items, schema.additionalItems, schema.unevaluatedItems].filter(isSchema))
    }
  }
}

function below (level: Level, key: string): Level | undefined {
  return level.properties.get(key)?.below ?? level.keys.find(({ pattern }) => pattern.test(key))?.below ?? level.other
}

function itemsOf (level: Level, index: number): Level | undefined {
  return level.leadingItems[index] ?? level.otherItems
}

function respell (value: unknown, level: Level | undefined, name: (level: Level, key: string) => string): unknown {
  if (level === undefined || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item, index) => respell(item, itemsOf(level, index), name))
  const respelt = new Map<string, unknown>()
  for (const [key, part] of Object.entries(value)) {
    const to = name(level, key)
    const declared = level.properties.has(key) ? key : level.codeNames.get(key) ?? key
    // A key that is spelt right by itself yields to the one that was spelt for it.
    if (to === key && respelt.has(to)) continue
    respelt.set(to, respell(part, below(level, declared), name))
  }
  return Object.fromEntries(respelt)
}

function capital (name: string): string {
  return name.replace(/^[a-z]/, letter => letter.toUpperCase())
}

function listIn (map: Map<string, JsonSchema[]>, key: string): JsonSchema[] {
  const list = map.get(key) ?? []
  map.set(key, list)
  return list
}
