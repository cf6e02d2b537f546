import { parseArgs } from 'node:util'

/** A command line that cannot be followed; the message is for people. */
export class UsageError extends Error {}

/** An option of a benchmark that is a whole number. */
export interface NumberOption {
  readonly fallback: number
  readonly least: number
  readonly meaning: string
}

/** An option that is text; undefined where it is not given. */
export interface TextOption {
  /** What stands for its value in the help. */
  readonly value: string
  readonly meaning: string
}

type Numbers<Name extends string> = Readonly<Record<Name, NumberOption>>
type Texts<Name extends string> = Readonly<Record<Name, TextOption>>

/**
 * What a command line says: each number, or what it is unless told otherwise, and each text that is there.
 * @throws UsageError
 */
export function readCommandLine<N extends string, T extends string> (
  args: string[], numbers: Numbers<N>, texts: Texts<T>
): Record<N, number> & Partial<Record<T, string>> | 'help' {
  const values = parse(args, [...Object.keys(numbers), ...Object.keys(texts)])
  if (values['help'] === true) return 'help'
  const read = { ...values } as Record<string, unknown>
  for (const [name, option] of Object.entries<NumberOption>(numbers)) read[name] = number(name, option, values[name] as string | undefined)
  return read as Record<N, number> & Partial<Record<T, string>>
}

/** The lines of a help text that tell the options. */
export function describeOptions (numbers: Numbers<string>, texts: Texts<string>): string {
  return [
    ...Object.entries(numbers).map(([name, { fallback, least, meaning }]) =>
      [`${name} NUMBER`, `${meaning}, ${fallback} unless told otherwise (at least ${least})`]),
    ...Object.entries(texts).map(([name, { value, meaning }]) => [`${name} ${value}`, meaning]),
    ['help', 'print this']
  ].map(([name, meaning]) => `  --${name}`.padEnd(24) + meaning).join('\n')
}

function parse (args: string[], names: readonly string[]): Record<string, string | boolean | undefined> {
  try {
    return parseArgs({
      args,
      strict: true,
      options: {
        ...Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
        help: { type: 'boolean', short: 'h' }
      }
    }).values
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function number (name: string, { fallback, least }: NumberOption, text: string | undefined): number {
  if (text === undefined) return fallback
  const value = Number(text)
  if (!/^\d{1,7}$/.test(text) || value < least) throw new UsageError(`--${name} must be a whole number, at least ${least}, not '${text}'`)
  return value
}
