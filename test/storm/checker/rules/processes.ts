import { POISON_SIGNAL } from '../../programs/poison.js'
import type { Life, Memory, Request } from '../../history.js'
import type { Facts } from '../facts.js'
import { Periods } from '../periods.js'
import { ordered } from './order.js'
import type { Rule, Violation } from '../rule.js'
import { storeTroubles } from '../troubles.js'

/** Milliseconds that an answer may take beyond the sender's deadline: the way there and back, on a machine that is short of time. */
export const ALLOWANCE = 3_000

/** P7. */
export const waiting: Rule = {
  name: 'waiting',
  says: `every request of a living sender is answered within its deadline and ${ALLOWANCE} ms, frozen time of the sender apart`,
  check: facts => {
    const frozen = frozenProcesses(facts)
    const broken = brokenConnections(facts)
    return facts.requests.flatMap((request): Violation[] => {
      const { answer, start, end, process } = request
      if (answer.kind === 'broken') {
        return livedThrough(facts, request) && broken.get(process)?.touch(start, end) !== true
          ? [{ rule: 'waiting', message: 'A living sender ended a request without an answer', evidence: { request } }]
          : []
      }
      const waited = end - start - (frozen.get(process)?.cover(start, end) ?? 0)
      if (waited <= facts.setting.deadline + ALLOWANCE) return []
      // Who waits for a process that was killed, on a connection that nobody has ended, waits for nobody.
      if (answer.kind === 'gave_up' && (!livedThrough(facts, request) || broken.get(process)?.touch(start, end) === true)) return []
      return [{ rule: 'waiting', message: `A caller waited for ${Math.round(waited)} ms: ${answer.kind}`, evidence: { request } }]
    })
  }
}

/** What the storm sees of a death comes a little later than the death. */
const BLINK = 1_000

function livedThrough ({ lives }: Facts, { process, start, end }: Request): boolean {
  return lives.some(life => life.process === process && life.ready !== undefined && life.ready <= start &&
    (life.toldToStop ?? Infinity) > end && (life.ended ?? Infinity) > end + BLINK)
}

function frozenProcesses ({ faults }: Facts): Map<string, Periods> {
  return byTarget(faults.filter(({ name }) => name === 'freeze'))
}

function brokenConnections ({ faults }: Facts): Map<string, Periods> {
  return byTarget(faults.filter(({ name }) => name === 'half_open' || name === 'connections_dropped'))
}

function byTarget (faults: Facts['faults']): Map<string, Periods> {
  const periods = new Map<string, Periods>()
  for (const { targets, start, end } of faults) {
    for (const target of targets) {
      const known = periods.get(target) ?? new Periods()
      known.add(start, end)
      periods.set(target, known)
    }
  }
  return periods
}

/** P10. */
export const stopping: Rule = {
  name: 'stopping',
  says: `every process that was told to stop, and left alone then, also by a poison command, ended within its drain time and ${ALLOWANCE} ms, with code 0`,
  check: facts => facts.lives.flatMap((life): Violation[] => {
    const { toldToStop, ended, code, process, pid } = life
    if (toldToStop === undefined || life.disturbed === true || life.signal === POISON_SIGNAL) return []
    const took = (ended ?? facts.settled?.at ?? toldToStop) - toldToStop
    if (took > facts.setting.drainTime + ALLOWANCE) {
      return [{ rule: 'stopping', message: `${process} (${pid}) took ${Math.round(took)} ms to stop`, evidence: { life } }]
    }
    return ended !== undefined && code !== 0
      ? [{ rule: 'stopping', message: `${process} (${pid}) ended with ${String(code ?? life.signal)} when it was told to stop`, evidence: { life } }]
      : []
  })
}

/** Milliseconds that a process may take until it stands: to start on a machine that is short of time, and to take its subscriptions up. */
export const STARTING = 90_000

/** P10. */
export const ready: Rule = {
  name: 'ready',
  says: `every process is ready within ${STARTING} ms of its start, times at which it could not reach the store apart; and those of the last fleet stand until they are told to stop`,
  check: facts => {
    const troubles = storeTroubles(facts)
    const over = facts.settled?.at ?? Infinity
    return facts.lives.flatMap((life): Violation[] => {
      const { process, pid, started, ready, unready, toldToStop, ended } = life
      const wrong = (message: string): Violation[] => [{ rule: 'ready', message: `${process} (${pid}) ${message}`, evidence: { life } }]
      const until = Math.min(ready ?? Infinity, toldToStop ?? Infinity, ended ?? Infinity, over)
      const took = until - started - troubles.cover(process, started, until)
      if (took > STARTING) return wrong(ready === undefined ? 'was never ready' : `took ${Math.round(took)} ms until it was ready`)
      // Who is there at the end has had all the time that it takes.
      const last = Math.min(toldToStop ?? Infinity, ended ?? Infinity) >= over
      if (last && ready === undefined) return wrong('was never ready')
      return last && unready !== undefined ? wrong(`was not ready at the end, for ${Math.round(over - unready)} ms`) : []
    })
  }
}

/** P10. */
export const crashed: Rule = {
  name: 'crashed',
  says: 'no process ends that was neither told to stop nor killed by the storm or a poison command',
  check: ({ lives }) => lives.filter(died).map(life => ({
    rule: 'crashed' as const,
    message: `${life.process} (${life.pid}) ended by itself with ${String(life.code ?? life.signal)}`,
    evidence: { life }
  }))
}

function died ({ ended, toldToStop, disturbed, signal }: Life): boolean {
  return ended !== undefined && toldToStop === undefined && disturbed !== true && signal !== POISON_SIGNAL
}

/** Milliseconds until a process has warmed up, and that it must have lived beyond that for its memory to be judged. */
const WARM = 20_000
const LONG = 60_000
/** Bytes: garbage that nobody has collected yet. */
const SLACK = 48 * 1024 * 1024

/** P9. */
export const memory: Rule = {
  name: 'memory',
  says: `the memory of workers and senders is flat: ${WARM / 1000} s after its start, the median over the last third of a life of ${LONG / 1000} s or more is at most 1.25 times that over its first third and 48 MiB; and no process is above its bound`,
  check: ({ memory, setting }) => [...lives(memory).values()].flatMap((samples): Violation[] => {
    const { process, pid, role } = samples[0]!
    const bound = setting.memoryBounds[role] ?? Infinity
    const highest = Math.max(...samples.map(({ resident }) => resident))
    const evidence = { process, pid, highest, bound, samples: samples.length }
    if (highest > bound) return [{ rule: 'memory', message: `${process} (${pid}) came to hold ${mib(highest)}`, evidence }]
    const warm = warmOf(samples)
    if (warm === undefined) return []
    const third = Math.floor(warm.length / 3)
    const early = median(warm.slice(0, third))
    const late = median(warm.slice(-third))
    return late <= early * 1.25 + SLACK
      ? []
      : [{ rule: 'memory', message: `${process} (${pid}) grew from ${mib(early)} to ${mib(late)}`, evidence: { ...evidence, early, late } }]
  })
}

/** Those that tell whether it grows; undefined where they are too few. */
function warmOf (samples: readonly Memory[]): Memory[] | undefined {
  const warm = samples.filter(({ at }) => at >= samples[0]!.at + WARM)
  // A store holds more as more is stored.
  return samples[0]!.role === 'store' || warm.length < 9 || warm.at(-1)!.at - warm[0]!.at < LONG ? undefined : warm
}

/** Lives that were long enough to see whether their memory grows. */
export function judgedLives ({ memory }: Facts): number {
  return [...lives(memory).values()].filter(samples => warmOf(samples) !== undefined).length
}

function lives (memory: readonly Memory[]): Map<number, Memory[]> {
  const lives = new Map<number, Memory[]>()
  for (const sample of memory) {
    const others = lives.get(sample.pid)
    if (others === undefined) lives.set(sample.pid, [sample])
    else others.push(sample)
  }
  return lives
}

function median (samples: readonly Memory[]): number {
  const sorted = samples.map(({ resident }) => resident).sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}

function mib (bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`
}

/** A record that says little proves little. */
export const settled: Rule = {
  name: 'settled',
  says: 'the storm came to rest, there were commands that succeeded in it, and enough whose delivery nothing disturbed',
  check: facts => enough(facts, ordered(facts).undisturbed)
}

function enough ({ settled, requests, setting: { leastOrdered = 0 } }: Facts, undisturbed: number): Violation[] {
  return [
    ...settled === undefined ? ['The storm has not come to rest'] : [],
    ...requests.some(({ answer }) => answer.kind === 'answered' && answer.status === 201) ? [] : ['No command succeeded'],
    ...undisturbed >= leastOrdered ? [] : [`The order of ${undisturbed} commands could be looked at, and there must be ${leastOrdered}`]
  ].map(message => ({ rule: 'settled' as const, message, evidence: {} }))
}
