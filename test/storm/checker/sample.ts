import type { Answer, Entry, Fault, Life, Planted, Request, Setting } from '../history.js'
import { fingerprint, outcomeEventId } from './identity.js'
import type { Stored, Streams } from './streams.js'

/** What becomes of a command in a sample: its events, or a verdict. */
export type Became =
  | { readonly events: readonly (readonly [type: string, data: object])[] }
  | { readonly kind: 'refused' | 'failed', readonly code: string, readonly message: string }
  /** Nothing. */
  | undefined

export interface Command {
  readonly type?: string
  readonly aggId: string
  readonly comId: string
  readonly command: string
  readonly body: object
}

export const setting: Setting = {
  kind: 'setting',
  seed: 1,
  store: '',
  deadline: 5_000,
  drainTime: 5_000,
  messageTimeout: 4_000,
  swept: true,
  types: [
    { name: 'Account', refused: 'CommandRefused', group: 'UniStream' },
    { name: 'Transaction', refused: 'CommandRefused', group: 'UniStream' }
  ],
  memoryBounds: { worker: 500_000_000 }
}

export const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

/** The moment at which the sample's store took everything: in November. */
const CREATED = Date.UTC(2026, 10, 24)

/** A history that is put together by hand, and is told in full: what clients saw, and what stands in the streams. */
export class Sample {
  readonly record: Entry[] = [setting]
  readonly #streams = new Map<string, Stored[]>()
  /** Milliseconds. */
  now = 100_000

  get streams (): Streams {
    return this.#streams
  }

  /** A command that is sent, decided, and answered, one after the other. */
  command (command: Command, became: Became): Answer {
    this.sent(command)
    const answer = this.became(command, became)
    this.asked(command, answer)
    return answer
  }

  /** It stands in the command stream. */
  sent ({ type = 'Transaction', aggId, comId, command, body }: Command): Stored {
    return this.append(type, { id: comId, type: command, data: body, metadata: { $correlationId: aggId } })
  }

  /** Its outcome stands in the aggregate's stream. Gives what a sender would answer. */
  became ({ type = 'Transaction', aggId, comId, command, body }: Command, became: Became): Answer {
    const key = { aggregate: type, aggId, comId }
    if (became === undefined) {
      return {
        kind: 'answered',
        status: 202,
        headers: { location: `/${type}/${command}/${comId}?aggId=${aggId}`, 'retry-after': '1' },
        body: { status: 'open', ...key }
      }
    }
    const events = 'events' in became
      ? became.events
      : [['CommandRefused', { kind: became.kind, code: became.code, message: became.message }] as const]
    let revision = -1
    for (const [index, [name, data]] of events.entries()) {
      revision = this.append(`${type}-${aggId}`, {
        id: outcomeEventId(comId, index, events.length, name, data),
        type: name,
        data,
        metadata: {
          $correlationId: aggId,
          $causationId: comId,
          index,
          count: events.length,
          ...index === 0 && { command, fingerprint: fingerprint(body) }
        }
      }).revision
    }
    if ('events' in became) {
      return {
        kind: 'answered', status: 201, headers: {}, body: { ...key, revision, events: events.map(([type, data]) => ({ type, data })) }
      }
    }
    const { kind, code, message } = became
    return { kind: 'answered', status: kind === 'refused' ? 422 : 500, headers: {}, body: { ...key, code, detail: message } }
  }

  /** A client asks, and hears this. */
  asked ({ type = 'Transaction', aggId, comId, command, body }: Command, answer: Answer, over: Partial<Request> = {}): Request {
    const request: Request = {
      kind: 'request',
      id: this.record.length,
      client: 'client-1',
      process: 'sender-1',
      method: 'POST',
      type,
      aggId,
      comId,
      command,
      body,
      start: this.now,
      end: this.now + 20,
      answer,
      ...over
    }
    this.record.push(request)
    this.now = Math.max(this.now, request.end) + 10
    return request
  }

  append (stream: string, event: Pick<Stored, 'id' | 'type' | 'data' | 'metadata'>): Stored {
    const events = this.#streams.get(stream) ?? []
    const stored: Stored = { stream, revision: events.length, created: CREATED, ...event }
    this.#streams.set(stream, [...events, stored])
    return stored
  }

  plant (what: Planted['what'], event: Stored, aggId?: string): void {
    const { stream, id, type } = event
    this.record.push({ kind: 'planted', at: this.now, stream, id, type, what, ...aggId !== undefined && { aggId } })
  }

  park ({ stream, revision }: Stored): void {
    this.append(`$persistentsubscription-${stream}::UniStream-parked`, {
      id: uuid(900_000 + revision), type: '$>', data: new TextEncoder().encode(`${revision}@${stream}`), metadata: {}
    })
  }

  /** Changes what stands; the events may be fewer or more, in any order. */
  change (stream: string, change: (events: Stored[]) => Stored[]): void {
    this.#streams.set(stream, change([...this.#streams.get(stream) ?? []]).map((event, revision) => ({ ...event, revision })))
  }

  life (over: Partial<Life> & Pick<Life, 'process' | 'role'>): Life {
    const life: Life = { kind: 'life', version: 'new', pid: 1000 + this.record.length, started: 0, ready: 1_000, ...over }
    this.record.push(life)
    return life
  }

  fault (over: Pick<Fault, 'name' | 'start' | 'end' | 'targets'>): void {
    this.record.push({ kind: 'fault', ...over })
  }

  memory (process: string, pid: number, resident: (second: number) => number): void {
    for (let second = 0; second < 120; second += 2) {
      this.record.push({ kind: 'memory', at: second * 1000, process, pid, role: 'worker', resident: resident(second) })
    }
  }

  settle (): void {
    this.record.push({ kind: 'settled', at: this.now + 60_000, since: this.now })
  }
}
