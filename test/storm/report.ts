import type { Chronicle } from './chronicle.js'
import type { StormOptions } from './options.js'
import type { Quantiles } from './recovery.js'
import type { Storm } from './storm.js'

/** What the checker said. */
export interface Verdict {
  readonly violations: readonly { readonly rule: string, readonly message: string, readonly evidence: unknown }[]
  readonly counts: Readonly<Record<string, number>>
}

const SHOWN = 10

/** What a storm was, for people. */
export function report (storm: Storm, { seed, commands, kills, emulate, host }: StormOptions, chronicle: Chronicle, { violations, counts }: Verdict): string {
  const lost = storm.failed
  const never = [...new Set(storm.planned.map(({ kind }) => kind))].filter(kind => !chronicle.faults.has(kind))
  const rules = new Map<string, typeof violations>()
  for (const violation of violations) rules.set(violation.rule, [...rules.get(violation.rule) ?? [], violation])
  return [
    `Storm --seed ${seed} --commands ${commands} --kills ${kills}, ${host === undefined ? `store like ${emulate}` : host}, ${seconds(chronicle.now())}`,
    '',
    table('what the streams and the record hold', Object.entries(counts)),
    table('requests by answer', [...chronicle.answers].sort(([a], [b]) => a < b ? -1 : 1)),
    table('faults', [...chronicle.faults].sort(([a], [b]) => a < b ? -1 : 1)),
    lost.size === 0 ? '' : table('faults that could not be carried out', [...lost]),
    never.length === 0 ? '' : `!!! NEVER TOOK PLACE, though drawn: ${never.join(', ')}\n`,
    `Refused as overloaded: ${storm.clients.overloaded}. Came back after a restart of their sender or the store: ${storm.clients.afterRestart}`,
    '',
    ...[true, false].flatMap(alone => {
      const { first, others, left } = storm.recovery.measure(alone)
      return [
        `After a worker's kill -9 under load, ${alone ? 'nothing else being wrong' : 'all kills'}`,
        `  until the first answer for a command that it held: ${told(first, 'kills')}`,
        `  what commands of other aggregates waited that were under way or sent meanwhile: ${told(others, 'commands')}; the clients of ${left} more left before`
      ]
    }),
    '',
    violations.length === 0 ? 'Violations: none' : `Violations: ${violations.length}`,
    ...[...rules].flatMap(([rule, found]) => [
      `  ${rule}: ${found.length}`,
      ...found.slice(0, SHOWN).map(({ message, evidence }) => `    ${message}\n      ${JSON.stringify(evidence)}`)
    ])
  ].join('\n')
}

function table (title: string, rows: readonly (readonly [string, number])[]): string {
  return [title, ...rows.map(([name, value]) => `${String(value).padStart(12)}  ${name}`), ''].join('\n')
}

function told (quantiles: Quantiles | undefined, of: string): string {
  if (quantiles === undefined) return 'nothing to measure'
  const { count, p50, p99 } = quantiles
  return `p50 ${Math.round(p50)} ms, p99 ${Math.round(p99)} ms (${count} ${of})`
}

const seconds = (milliseconds: number) => `${Math.round(milliseconds / 1000)} s`
