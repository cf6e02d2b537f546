import type { GroupRow } from './sender-groups.js'

const HEAD = ['STREAM', 'GROUP', 'CONNECTED', 'UNHANDLED', 'PARKED']

/** The groups as people read them, a line each. */
export function groupTable (rows: readonly GroupRow[]): string {
  const lines = [HEAD, ...rows.map(({ stream, group, connections, unhandled, parked }) =>
    [stream, group, String(connections), unhandled === undefined ? '?' : String(unhandled), String(parked)])]
  const widths = HEAD.map((_, column) => Math.max(...lines.map(line => line[column]!.length)))
  return lines.map(line => line.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd()).join('\n')
}
