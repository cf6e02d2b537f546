import { quantile, rate, ratio } from '../statistics.js'
import type { Slice } from '../slice.js'
import { DISK_TARGET_ROW } from './rows.js'
import type { Row } from './rows.js'

/** Of the client's CPU time, for each event appended or delivered, in memory. */
const CPU_TARGET = 0.5
/** Of the throughput in memory. */
const DISK_TARGET = 0.8

const MICROSECONDS = 1e6
const WIDTHS = [34, 8, 12, 9, 10, 10, 8]

/** What was measured for a row: slices in memory and on disk in pairs, or those of a given server alone. */
export interface Measured {
  readonly row: Row
  readonly pairs: ReadonlyArray<readonly [Slice, Slice]>
  readonly given: readonly Slice[]
}

export const HEADER = columns(['', '', 'events/s', 'p50 ms', 'store µs', 'client µs', 'ratio'], 'disk / memory')

/** The lines of a row. */
export function describeRow ({ row, pairs, given }: Measured): string {
  if (pairs.length === 0) return line(row.title, 'given', row, given)
  const { value, spread } = ratio(pairs)
  return [
    line(row.title, 'memory', row, pairs.map(([memory]) => memory)),
    // The ratio of pairs is that of memory to disk.
    line('', 'disk', row, pairs.map(([, disk]) => disk), `${(1 / value).toFixed(2)}, spread ${(spread * 100).toFixed(0)} %`)
  ].join('\n')
}

/** Whether the targets are met, as far as the rows tell. */
export function describeTargets (measured: readonly Measured[]): string {
  return [
    `target  in memory, the store's CPU at most ${CPU_TARGET} of the client's for each event appended or delivered: ${cpuVerdict(measured)}`,
    `target  on disk with 64 appends in flight, at least ${DISK_TARGET} of the throughput in memory: ${diskVerdict(measured)}`
  ].join('\n')
}

function cpuVerdict (measured: readonly Measured[]): string {
  const shares = measured.flatMap(({ row, pairs }) => {
    const { ratio } = cpu(pairs.map(([memory]) => memory), row)
    return row.kind === 'read' || ratio === undefined ? [] : [{ key: row.key, ratio }]
  }).sort((one, other) => other.ratio - one.ratio)
  const [worst] = shares
  if (worst === undefined) return 'not measured'
  const missed = shares.filter(({ ratio }) => ratio > CPU_TARGET)
  const say = ({ key, ratio }: { key: string, ratio: number }): string => `${key} ${ratio.toFixed(2)}`
  return missed.length === 0 ? `met; the highest of ${shares.length} rows is ${say(worst)}` : `NOT MET by ${missed.map(say).join(', ')}`
}

function diskVerdict (measured: readonly Measured[]): string {
  const pairs = measured.find(({ row }) => row.key === DISK_TARGET_ROW)?.pairs ?? []
  if (pairs.length === 0) return 'not measured'
  const share = 1 / ratio(pairs).value
  return `${share >= DISK_TARGET ? 'met' : 'NOT MET'}, ${share.toFixed(2)}`
}

function line (title: string, place: string, row: Row, slices: readonly Slice[], comparison = ''): string {
  const { store, client, ratio } = cpu(slices, row)
  return columns([
    title,
    place,
    Math.round(rate(slices) * row.events).toLocaleString('en'),
    number(quantile(slices.flatMap(({ latencies }) => latencies), 0.5), 2),
    store === undefined ? 'unknown' : number(store, 1),
    number(client, 1),
    ratio === undefined ? '' : number(ratio, 2)
  ], comparison)
}

/** Microseconds of CPU time for each event, and what part of the client's the store's is. */
function cpu (slices: readonly Slice[], { events }: Row): { store: number | undefined, client: number, ratio: number | undefined } {
  let [store, client, count] = [0, 0, 0]
  for (const slice of slices) {
    store += slice.cpu?.store ?? NaN
    client += slice.cpu?.client ?? NaN
    count += slice.count * events
  }
  const known = count > 0 && !Number.isNaN(store)
  return {
    store: known ? store / count * MICROSECONDS : undefined,
    client: client / count * MICROSECONDS,
    ratio: known ? store / client : undefined
  }
}

function number (value: number, digits: number): string {
  return Number.isNaN(value) ? '–' : value.toFixed(digits)
}

function columns (texts: readonly string[], last: string): string {
  return [...texts.map((text, place) => place < 2 ? text.padEnd(WIDTHS[place]!) : text.padStart(WIDTHS[place]!)), `   ${last}`].join('').trimEnd()
}
