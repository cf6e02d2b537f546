import type { AggregateType, Entry, Fault, Life, Memory, Planted, Request, Setting, Settled } from '../history.js'
import { versionsFor } from './bank.js'
import { fingerprint } from './identity.js'
import { field, isUuid } from './streams.js'
import type { Stored, Streams } from './streams.js'

/** A command as it stands in the command stream: one id may stand there more than once. */
export interface Sent {
  readonly event: Stored
  /** Of its body; undefined where the body is nothing that could be sent. */
  readonly fingerprint: string | undefined
  readonly planted: boolean
}

/** An outcome in an aggregate's stream, or what looks like a part of one: events side by side that tell of one command. */
export interface Block {
  readonly comId: string
  readonly events: readonly Stored[]
  /** How many events the command has, as its first one says. */
  readonly count: number
  readonly verdict: Verdict
  /** What the first event says of the command. */
  readonly command: unknown
  readonly fingerprint: unknown
}

export type Verdict =
  | { readonly status: 'succeeded', readonly revision: number }
  | { readonly status: 'refused' | 'failed', readonly code: unknown, readonly message: unknown, readonly details: unknown }

/** All that is known of one command id of one aggregate. */
export interface Case {
  readonly type: string
  readonly aggId: string
  readonly comId: string
  /** In the order of the command stream. */
  readonly sent: Sent[]
  /** In the order of the aggregate's stream, and then what stands in the fail stream. */
  readonly blocks: Block[]
  /** In the order in which they began. */
  readonly requests: Request[]
}

/** An aggregate's stream. */
export interface Line {
  readonly type: string
  readonly aggId: string
  /** In order: outcomes, and events that the storm put there. */
  readonly parts: (Block | { readonly planted: Planted, readonly event: Stored })[]
  readonly closed: boolean
}

/** What the record and the streams hold, sorted. */
export interface Facts {
  readonly setting: Setting
  readonly settled: Settled | undefined
  readonly faults: readonly Fault[]
  readonly lives: readonly Life[]
  readonly memory: readonly Memory[]
  readonly requests: readonly Request[]
  readonly planted: ReadonlyMap<string, Planted>
  /** By type, aggregate and command id. */
  readonly cases: ReadonlyMap<string, Case>
  /** Command ids under which a command stream holds commands that differ, by type and id. */
  readonly shared: ReadonlySet<string>
  /** By type and aggregate. */
  readonly lines: ReadonlyMap<string, Line>
  /** By type, the places in its command stream of the commands that the group has parked. */
  readonly parked: ReadonlyMap<string, ReadonlySet<number>>
  /** By type. */
  readonly fails: ReadonlyMap<string, readonly Stored[]>
}

export const caseKey = (type: string, aggId: string, comId: string) => `${type}/${aggId}/${comId}`

/** Throws where the record is none: without its setting nothing can be held against it. */
export function factsOf (record: readonly Entry[], streams: Streams): Facts {
  const setting = record.find(entry => entry.kind === 'setting')
  if (setting === undefined) throw new Error('The record has no setting')
  const requests = record.filter(entry => entry.kind === 'request').sort((a, b) => a.start - b.start)
  const planted = new Map(record.filter(entry => entry.kind === 'planted').map(entry => [`${entry.stream}/${entry.id}`, entry]))
  const cases = new Map<string, Case>()
  const lines = new Map<string, Line>()
  const fails = new Map<string, readonly Stored[]>()
  const caseOf = (type: string, aggId: string, comId: string): Case => {
    const key = caseKey(type, aggId, comId)
    const known = cases.get(key) ?? { type, aggId, comId, sent: [], blocks: [], requests: [] }
    cases.set(key, known)
    return known
  }
  const shared = new Set<string>()
  for (const type of setting.types) {
    const prints = new Map<string, string>()
    for (const event of streams.get(type.name) ?? []) {
      const aggId = field(event.metadata, '$correlationId')
      const print = fingerprint([aggId, event.type, event.data])
      if (prints.get(event.id) !== undefined && prints.get(event.id) !== print) shared.add(`${type.name}/${event.id}`)
      prints.set(event.id, print)
      caseOf(type.name, isUuid(aggId) ? aggId : '', event.id).sent.push({
        event,
        fingerprint: versionsFor(type.name, event.type, event.data).length > 0 ? fingerprint(event.data) : undefined,
        planted: planted.has(`${event.stream}/${event.id}`)
      })
    }
    for (const [stream, events] of streams) {
      const aggId = stream.startsWith(`${type.name}-`) ? stream.slice(type.name.length + 1) : ''
      if (!isUuid(aggId)) continue
      const line = lineOf(type, aggId, events, planted)
      lines.set(`${type.name}/${aggId}`, line)
      for (const part of line.parts) {
        if (!('planted' in part)) caseOf(type.name, aggId, part.comId).blocks.push(part)
      }
    }
    fails.set(type.name, (streams.get(`${type.name}-Fail`) ?? []).filter(event => !planted.has(`${event.stream}/${event.id}`)))
    for (const event of fails.get(type.name)!) {
      if (event.type !== 'Fail' || field(event.metadata, 'announcement') === true) continue
      const aggId = field(event.metadata, '$correlationId')
      caseOf(type.name, isUuid(aggId) ? aggId : '', event.id).blocks.push(failBlock(event))
    }
  }
  for (const request of requests) caseOf(request.type, request.aggId.toLowerCase(), request.comId.toLowerCase()).requests.push(request)
  return {
    setting,
    settled: record.find(entry => entry.kind === 'settled'),
    faults: record.filter(entry => entry.kind === 'fault'),
    lives: record.filter(entry => entry.kind === 'life'),
    memory: record.filter(entry => entry.kind === 'memory'),
    requests,
    planted,
    cases,
    shared,
    lines,
    parked: new Map(setting.types.map(type => [type.name, parkedIn(streams, type)])),
    fails
  }
}

function lineOf (type: AggregateType, aggId: string, events: readonly Stored[], planted: ReadonlyMap<string, Planted>): Line {
  const parts: Line['parts'] = []
  let gathered: Stored[] = []
  const close = () => {
    if (gathered.length > 0) parts.push(blockOf(type, gathered))
    gathered = []
  }
  for (const event of events) {
    const foreign = planted.get(`${event.stream}/${event.id}`)
    if (foreign !== undefined) {
      close()
      parts.push({ planted: foreign, event })
      continue
    }
    const before = gathered.at(-1)
    if (before !== undefined && !follows(before, event)) close()
    gathered.push(event)
  }
  close()
  return { type: type.name, aggId, parts, closed: parts.some(part => 'planted' in part && part.planted.what === 'closing') }
}

function comIdOf (event: Stored): string {
  const comId = field(event.metadata, '$causationId')
  return isUuid(comId) ? comId : event.id
}

function follows (before: Stored, event: Stored): boolean {
  return comIdOf(before) === comIdOf(event) &&
    event.revision === before.revision + 1 &&
    field(event.metadata, 'index') === Number(field(before.metadata, 'index')) + 1 &&
    field(event.metadata, 'count') === field(before.metadata, 'count')
}

function blockOf (type: AggregateType, events: readonly Stored[]): Block {
  const first = events[0]!
  const { metadata, data } = first
  const count = Number(field(metadata, 'count') ?? 1)
  const kind = field(data, 'kind')
  const verdict: Verdict = first.type === type.refused
    ? {
        status: kind === 'failed' ? 'failed' : 'refused',
        code: field(data, 'code'),
        message: field(data, 'message'),
        details: field(data, 'details')
      }
    : { status: 'succeeded', revision: first.revision + count - 1 }
  return { comId: comIdOf(first), events, count, verdict, command: field(metadata, 'command'), fingerprint: field(metadata, 'fingerprint') }
}

function failBlock (event: Stored): Block {
  const { metadata, data } = event
  return {
    comId: event.id,
    events: [event],
    count: 1,
    verdict: { status: 'failed', code: field(metadata, 'code'), message: data, details: field(metadata, 'details') },
    command: field(metadata, 'command'),
    fingerprint: field(metadata, 'fingerprint')
  }
}

function parkedIn (streams: Streams, type: AggregateType): ReadonlySet<number> {
  const places = new Set<number>()
  for (const { data } of streams.get(`$persistentsubscription-${type.name}::${type.group}-parked`) ?? []) {
    const text = typeof data === 'string' ? data : data instanceof Uint8Array ? Buffer.from(data).toString() : ''
    const place = /^(\d+)@/.exec(text)?.[1]
    if (place !== undefined) places.add(Number(place))
  }
  return places
}

/** The answer tells what became of the command, for ever. */
export function isFinal (request: Request): boolean {
  const { answer } = request
  if (answer.kind !== 'answered') return false
  if (request.method === 'GET') return answer.status === 200
  return answer.status === 201 || answer.status === 422 || (answer.status === 500 && field(answer.body, 'code') !== 'UNISTREAM_INTERNAL')
}

/** Whether the outcome is that of the command that the request is about, and not of another under its id. */
export function isOf (request: Request, block: Block): boolean {
  if (block.command !== undefined && block.command !== request.command) return false
  return request.method === 'GET' || block.fingerprint === undefined || block.fingerprint === fingerprint(request.body)
}
