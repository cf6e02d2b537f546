import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The top of the repository. */
export const root = fileURLToPath(new URL('../../', import.meta.url))

/** The documents whose code is compiled, and whose tables are compared. */
export const documents = ['README.md', 'docs/errors.md', 'docs/settings.md', 'docs/delivery-semantics.md', 'CONTRIBUTING.md']

export interface CodeBlock {
  readonly document: string
  readonly line: number
  readonly code: string
}

export function textOf (document: string): string {
  return readFileSync(`${root}${document}`, 'utf8')
}

/** The fenced code of a language. */
export function codeBlocks (document: string, language: string): CodeBlock[] {
  const text = textOf(document)
  return [...text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)]
    .filter(match => match[1] === language)
    .map(match => ({ document, line: text.slice(0, match.index).split('\n').length + 1, code: match[2]! }))
}

/** The rows of all tables of a document, each as its cells; heads and rulers are left out. */
export function tableRows (document: string): string[][] {
  const lines = textOf(document).split('\n')
  return lines
    .filter((line, index) => line.startsWith('|') && !isRuler(line) && !isRuler(lines[index + 1] ?? ''))
    .map(line => line.split(/(?<!\\)\|/).slice(1, -1).map(cell => cell.trim()))
}

function isRuler (line: string): boolean {
  return /^\|[\s|:-]+\|$/.test(line)
}

/** What stands between backquotes, where that is all there is. */
export function quoted (cell = ''): string | undefined {
  return /^`([^`]+)`$/.exec(cell)?.[1]
}
