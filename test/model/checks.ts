import { isRefusal } from '../../lib/definition/index.js'
import { parseJson } from '../../lib/outcome/index.js'
import type { RecordedOutcome } from '../../lib/outcome/index.js'
import type { NewEvent } from '../../lib/store/contract.js'
import { INITIAL } from './domain.js'
import type { Rules, Total } from './domain.js'
import type { Scenario } from './scenario.js'
import { metadataOf } from './store.js'
import type { Stream } from './store.js'
import type { Held, Settled, Worker, Workers } from './workers.js'

export type Rule =
  | 'the events of a command stand once, side by side, from the first to the last'
  | 'an outcome is decided on the state that the stream before it gives'
  | 'what is acknowledged stands'
  | 'what is answered is what stands'
  | 'memory is what a replay gives'
  | 'memory knows the commands below its revision, and no others than the stream does'
  | 'every command comes to its one outcome'

export class Violation extends Error {
  readonly rule: Rule

  constructor (rule: Rule, what: string) {
    super(`${rule}: ${what}`)
    this.rule = rule
  }
}

/** An append, with what its outcomes were decided on. */
export interface Request {
  readonly number: number
  readonly version: number
  readonly expected: 'any' | 'no_stream' | bigint
  readonly events: readonly NewEvent[]
  /** The commands that it decides, in order. */
  readonly decided: readonly Held[]
}

const REFUSED = 'CommandRefused'

type Content = { readonly type: string, readonly data: unknown }

/**
 * What must be true of every stream, and of everything that is done and remembered beside it. Nothing of the product decides
 * here: outcomes are computed by the plain rules of the domain, from the stream alone.
 */
export class Checks {
  readonly #scenario: Scenario
  readonly #workers: Workers

  constructor (scenario: Scenario, workers: Workers) {
    this.#scenario = scenario
    this.#workers = workers
  }

  stream ({ records }: Stream): void {
    const rule: Rule = 'the events of a command stand once, side by side, from the first to the last'
    const done = new Set<string>()
    for (let at = 0; at < records.length;) {
      const { comId, count = 1 } = metadataOf(records[at]!)
      if (comId === undefined || done.has(comId)) throw new Violation(rule, `a second outcome of ${comId} at revision ${at}`)
      done.add(comId)
      for (let index = 0; index < count; index++, at++) {
        const record = records[at]
        const part = record && metadataOf(record)
        if (part?.comId !== comId || part.index !== index || part.count !== count) throw new Violation(rule, `event ${index} of ${comId} is not at revision ${at}`)
        if (record!.type === REFUSED && count > 1) throw new Violation(rule, `a refusal beside a success of ${comId}`)
      }
    }
  }

  /** An append that writes behind this stream. */
  written ({ version, events, decided }: Request, before: Stream): void {
    const rule: Rule = 'an outcome is decided on the state that the stream before it gives'
    const { rules } = this.#scenario.versions[version]!
    const records: Content[] = before.records.map(contentOf)
    let rest = events.map(contentOf)
    for (const held of decided) {
      const due = this.#outcome(rules, records, held)
      const { comId } = this.#scenario.copies[held.copy]!
      if (due === undefined || JSON.stringify(due) !== JSON.stringify(rest.slice(0, due.length))) {
        throw new Violation(rule, `${comId} is ${JSON.stringify(rest[0])} at revision ${before.records.length}, and should be ${JSON.stringify(due)}`)
      }
      records.push(...due)
      rest = rest.slice(due.length)
    }
    if (rest.length > 0) throw new Violation(rule, `${rest.length} events of nothing that was decided`)
  }

  settled ({ worker, rulings, held }: Settled, stream: Stream): void {
    if (rulings.length === 0 || rulings.length > held.length) throw new Violation('what is acknowledged stands', 'the rulings are not of the commands held')
    for (const [index, ruling] of rulings.entries()) {
      const { comId } = this.#scenario.copies[held[index]!.copy]!
      if (ruling.comId !== comId) throw new Violation('what is acknowledged stands', `${ruling.comId} is told instead of ${comId}`)
      if (ruling.kind === 'parked') continue
      const stands = outcomeIn(stream, comId)
      if (stands.length === 0) throw new Violation('what is acknowledged stands', `${comId} is acknowledged by worker of version ${worker.version}, and has no outcome`)
      if (ruling.kind !== 'decided') continue
      if (stands.map(textOf).join() !== ruling.events.map(textOf).join()) {
        throw new Violation('what is answered is what stands', `${comId} is answered ${ruling.events.map(textOf).join()}`)
      }
    }
  }

  memory ({ version, lane }: Worker, stream: Stream): void {
    if (lane.ids !== undefined) this.#strangers(lane.ids, stream)
    if (lane.view === undefined) return
    const { revision, state, exists, block, ids } = lane.view
    const below = stream.records.slice(0, revision === 'no_stream' ? 0 : Number(revision) + 1)
    const replayed = fold(this.#scenario.versions[version]!.rules, below.map(contentOf))
    const equal = revision === 'no_stream' || BigInt(below.length - 1) === revision
    if (!equal || exists !== replayed.exists || (block !== undefined) !== replayed.blocked || JSON.stringify(state) !== JSON.stringify(replayed.state)) {
      throw new Violation('memory is what a replay gives', `${JSON.stringify(state)} at revision ${revision}, and not ${JSON.stringify(replayed.state)}`)
    }
    this.#strangers(ids, stream)
    const missing = below.map(record => metadataOf(record).comId!).find(comId => !ids.has(comId))
    if (missing !== undefined) {
      throw new Violation('memory knows the commands below its revision, and no others than the stream does', `${missing} is missing at revision ${revision}`)
    }
  }

  /** When nothing is left to do. */
  quiet (stream: Stream): void {
    for (const { comId } of this.#scenario.copies) {
      if (outcomeIn(stream, comId).length === 0) throw new Violation('every command comes to its one outcome', `${comId} has none`)
    }
  }

  #strangers (ids: { has(comId: string): boolean }, stream: Stream): void {
    // Two commands of one hash are not told apart.
    const facts = new Set(stream.records.flatMap(record => {
      const comId = metadataOf(record).comId!
      return this.#workers.alike(comId)
    }))
    const stranger = this.#scenario.copies.find(({ comId }) => ids.has(comId) && !facts.has(comId))
    if (stranger !== undefined) {
      throw new Violation('memory knows the commands below its revision, and no others than the stream does', `${stranger.comId} stands nowhere`)
    }
  }

  /** What must become of a command on this stream; undefined where this version must leave it to another. */
  #outcome (rules: Rules, records: readonly Content[], { copy, deliveries }: Held): Content[] | undefined {
    const { type, data } = this.#scenario.copies[copy]!
    const { state, exists, blocked } = fold(rules, records)
    if (blocked) return undefined
    if (deliveries >= 10) return [verdict('failed', 'POISON')]
    if (rules.creating.has(type) === exists) return [verdict('refused', exists ? 'AGGREGATE_EXISTS' : 'AGGREGATE_MISSING')]
    try {
      const { by = 0 } = parseJson(data)!.value as { by?: number }
      const decision = rules.decide[type]!(state, by)
      if (isRefusal(decision)) return [verdict('refused', decision.code)]
      const events = [decision].flat().map(event => ({ type: event.type, data: event.data }))
      return events.length > this.#scenario.most ? [verdict('failed', 'EVENTS_TOO_LARGE')] : events
    } catch {
      return [verdict('failed', 'DEFECT')]
    }
  }
}

function fold (rules: Rules, records: readonly Content[]): { state: Total, exists: boolean, blocked: boolean } {
  let state = INITIAL
  let exists = false
  for (const { type, data } of records) {
    if (type === REFUSED) continue
    exists = true
    const evolve = rules.evolve[type]
    if (evolve === undefined) return { state, exists, blocked: true }
    state = evolve(state, data as Record<string, number>)
  }
  return { state, exists, blocked: false }
}

const verdict = (kind: string, code: string): Content => ({ type: REFUSED, data: { kind, code } })

function contentOf ({ type, data }: Pick<NewEvent, 'type' | 'data'>): Content {
  const value = parseJson(data)!.value
  if (type !== REFUSED) return { type, data: value }
  const { kind, code } = value as { kind: string, code: string }
  return verdict(kind, code)
}

const textOf = ({ type, data }: Pick<NewEvent, 'type' | 'data'>): string => `${type} ${Buffer.from(data).toString()}`

export function outcomeIn ({ records }: Stream, comId: string): RecordedOutcome[] {
  return records.filter(record => metadataOf(record).comId === comId)
}
