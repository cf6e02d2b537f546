import { request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { Chronicle } from './chronicle.js'
import type { App } from './fleet.js'
import type { Answer, AnswerHeaders } from './history.js'
import type { Intent } from './load-plan.js'
import type { Member } from './member.js'

/** Longer than any sender may take. */
const PATIENCE = 30_000
const HEADERS = ['location', 'retry-after', 'idempotency-replayed', 'content-type'] as const
const COPIES = 10
/** How often a client asks again before it leaves the rest to the storm's end. */
const ATTEMPTS = 12
/** Of them, after an answer that it is open still. */
const OPEN_ATTEMPTS = 1

/** A command that has been sent, as the storm keeps it. */
export interface Sent {
  readonly intent: Intent
  readonly since: number
  /** Its outcome was told. */
  told?: number
  /** The status that told it. */
  status?: number
  /** When its client went away without one, to come back later or never. */
  left?: number
  /** The server has lost it, and its client gives up: nobody sends it again. */
  lost?: true
}

export interface ClientsOptions {
  readonly senders: readonly App[]
  readonly store: Member | undefined
  readonly chronicle: Chronicle
  readonly suffix: string
}

/** Milliseconds; to count takes a while. */
const COUNTED_EVERY = 500
const LATELY = 20_000

/** Those who send commands. They know nothing of the store. */
export class Clients {
  readonly #options: ClientsOptions
  readonly #sent = new Map<string, Sent>()
  readonly #returns: { isDue: () => boolean, again: () => Promise<unknown> }[] = []
  #afterRestart = 0
  #background = new Set<Promise<unknown>>()
  #count = 0
  #overloaded = 0
  #waiting = 0
  #countedAt = -Infinity
  /** From now on nobody comes back later. */
  #ending = false

  constructor (options: ClientsOptions) {
    this.#options = options
  }

  /** Commands that have been sent. */
  get count (): number {
    return this.#count
  }

  /** Answers that a sender had too much to do. */
  get overloaded (): number {
    return this.#overloaded
  }

  /** Clients that came back when their sender or the store had been started anew. */
  get afterRestart (): number {
    return this.#afterRestart
  }

  /** About how many commands that were sent lately have no outcome that somebody was told. What is open for longer is parked, or its client has left. */
  get waiting (): number {
    const now = performance.now()
    if (now - this.#countedAt > COUNTED_EVERY) {
      this.#countedAt = now
      const lately = this.#options.chronicle.now() - LATELY
      this.#waiting = this.open().filter(({ since }) => since > lately).length
    }
    return this.#waiting
  }

  get sent (): Iterable<Sent> {
    return this.#sent.values()
  }

  /** Those whose outcome nobody has been told. */
  open (): Sent[] {
    return [...this.#sent.values()].filter(({ told }) => told === undefined)
  }

  /** Sends the command in the way of its client. Resolves when that client would go on to the next one. */
  async send (intent: Intent): Promise<void> {
    this.#count++
    const sent: Sent = { intent, since: this.#options.chronicle.now() }
    this.#sent.set(intent.comId, sent)
    this.#comeBack()
    const told = await this.#behave(intent)
    if (!told) sent.left = this.#options.chronicle.now()
    if (told && intent.then !== undefined && sent.status === 201) await this.send(intent.then)
  }

  /** Their clients give up: who sent one again might have it written once more, and it would not be seen that nobody finds the first one. */
  giveUp (comIds: Iterable<string>): void {
    for (const comId of comIds) {
      const sent = this.#sent.get(comId)
      if (sent !== undefined) sent.lost = true
    }
  }

  /** Sends the command once more; gives whether its outcome was told. */
  async again (sent: Sent, sender: number): Promise<boolean> {
    const answer = await this.#post(sent.intent, sender)
    // Its id was used for something else, and that has been decided.
    const used = answer.kind === 'answered' && answer.status === 409
    if (used) sent.told ??= this.#options.chronicle.now()
    return used || isTold(answer)
  }

  /** Asks for the outcome. */
  async find ({ intent }: Sent, sender: number): Promise<void> {
    await this.#ask('GET', intent, sender, PATIENCE)
  }

  /** Resolves when nobody waits for an answer any more; nobody comes back from now on. */
  async quiet (): Promise<void> {
    this.#ending = true
    this.#comeBack()
    while (this.#background.size > 0) await Promise.all(this.#background)
  }

  async #behave (intent: Intent): Promise<boolean> {
    const { sender, moment } = intent
    switch (intent.behaviour) {
      case 'patient':
        return await this.#insist(intent, sender)
      case 'impatient': {
        const first = await this.#post(intent, sender, moment)
        return isTold(first) || await this.#insist(intent, sender + 1)
      }
      case 'crowd': {
        const answers = await Promise.all(Array.from({ length: COPIES }, (_, copy) => this.#post(intent, sender + copy)))
        return answers.some(isTold) || await this.#insist(intent, sender)
      }
      case 'reuses_body': {
        this.#later(intent, async () => {
          if (!this.#isLost(intent)) await this.#post({ ...intent, body: otherBody(intent), client: `${intent.client}-again` }, sender + 1)
        })
        return await this.#insist(intent, sender)
      }
      case 'reuses_aggregate': {
        const aggId = intent.aggId.replace(/^......../, '00000000')
        this.#later(intent, async () => { await this.#post({ ...intent, aggId }, sender + 1) })
        return await this.#insist(intent, sender)
      }
      case 'gives_up':
        return isTold(await this.#post(intent, sender, moment))
      case 'returns':
        if (intent.later % 2 === 0) this.#later(intent, async () => { await this.#insist(intent, sender + 1) })
        else this.#afterARestart(intent)
        return await this.#insist(intent, sender)
      case 'asks': {
        const told = await this.#insist(intent, sender)
        const answer = await this.#ask('GET', intent, sender + 1, PATIENCE)
        return told || isTold(answer)
      }
    }
  }

  /** Sends it until there is an outcome, as a client with patience does; but nobody waits for ever. */
  async #insist (intent: Intent, sender: number): Promise<boolean> {
    let open = 0
    for (let attempt = 0; attempt < ATTEMPTS && !this.#isLost(intent); attempt++) {
      const answer = await this.#post(intent, sender + attempt)
      if (isTold(answer)) return true
      if (answer.kind === 'answered' && answer.status === 202 && ++open > OPEN_ATTEMPTS) break
      if (answer.kind === 'answered' && answer.status < 500 && answer.status !== 202) break
      const retryAfter = answer.kind === 'answered' ? Number(answer.headers['retry-after'] ?? 0) * 1000 : 0
      await wait(Math.max(200, Math.min(2_000, retryAfter)))
    }
    return false
  }

  #isLost ({ comId }: Intent): boolean {
    return this.#sent.get(comId)?.lost === true
  }

  #later ({ later }: Intent, again: () => Promise<unknown>): void {
    const at = this.#count + later
    this.#returns.push({ isDue: () => this.#count >= at, again })
  }

  /** To the sender that was asked first, when it has nothing of it in memory any more, or the store has not. */
  #afterARestart (intent: Intent): void {
    const { senders, store } = this.#options
    const asked = [senders[intent.sender % senders.length]!.member, ...store === undefined ? [] : [store]]
    const lives = asked.map(member => member.lives)
    const isAnother = () => asked.some((member, place) => member.lives > lives[place]! && member.ready)
    this.#returns.push({
      isDue: isAnother,
      again: async () => {
        if (isAnother()) this.#afterRestart++
        await this.#insist(intent, intent.sender)
      }
    })
  }

  #comeBack (): void {
    for (let i = this.#returns.length - 1; i >= 0; i--) {
      if (!this.#ending && !this.#returns[i]!.isDue()) continue
      const { again } = this.#returns.splice(i, 1)[0]!
      const done = again().finally(() => { this.#background.delete(done) })
      this.#background.add(done)
    }
  }

  async #post (intent: Intent, sender: number, patience = PATIENCE): Promise<Answer> {
    return await this.#ask('POST', intent, sender, patience)
  }

  async #ask (method: 'POST' | 'GET', intent: Intent, sender: number, patience: number): Promise<Answer> {
    const { senders, chronicle, suffix } = this.#options
    const { member, port } = senders[sender % senders.length]!
    const { client, bankType, aggId, comId, command, body } = intent
    const type = `${bankType}${suffix}`
    const start = chronicle.now()
    const answer = await ask(method, port, `/${type}/${command}/${comId}?aggId=${aggId}`, method === 'POST' ? body : undefined, patience)
    const end = chronicle.now()
    if (answer.kind === 'answered' && field(answer.body, 'code') === 'UNISTREAM_OVERLOADED') this.#overloaded++
    chronicle.request({
      kind: 'request',
      id: chronicle.number(),
      client,
      process: member.name,
      method,
      type,
      aggId,
      comId,
      command,
      ...method === 'POST' && { body },
      start,
      end,
      answer
    })
    const sent = this.#sent.get(comId)
    if (sent !== undefined && sent.told === undefined && sent.intent.aggId === aggId && sent.intent.body === body && isTold(answer)) {
      sent.told = end
      sent.status = (answer as { status: number }).status
    }
    return answer
  }
}

/** A body of the same command that is not the same. */
function otherBody ({ command, body }: Intent): Intent['body'] {
  if ('amount' in body) return { ...body, amount: Math.round(Number(body['amount']) * 100 + 1) / 100 }
  if (command === 'SetTransLimit') return { transLimit: 333 }
  if ('limit' in body) return { ...body, limit: Number(body['limit']) === 777 ? 778 : 777 }
  if ('accountId' in body) return { ...body, accountId: '22222222-2222-4222-8222-222222222222' }
  return command === 'VerifyAccount' ? { ...body, verifiedBy: 'Mallory' } : { ...body, owner: 'Mallory' }
}

/** Whether an answer tells an outcome. */
export function isTold (answer: Answer): boolean {
  if (answer.kind !== 'answered') return false
  const { status, body } = answer
  if (status === 500) return body !== null && typeof body === 'object' && 'comId' in body
  return status === 201 || status === 422 || status === 200
}

/** A request on a connection of its own, as clients on other machines have them. */
async function ask (method: string, port: number, path: string, body: object | undefined, patience: number): Promise<Answer> {
  return await new Promise(resolve => {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const request = httpRequest({
      host: '127.0.0.1',
      port,
      method,
      path,
      agent: false,
      headers: text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
    })
    const timer = setTimeout(() => {
      resolve({ kind: 'gave_up' })
      request.destroy()
    }, patience)
    const broken = (error: NodeJS.ErrnoException): void => {
      clearTimeout(timer)
      resolve({ kind: 'broken', error: error.code ?? error.message })
    }
    request.on('error', broken)
    request.on('response', response => {
      read(response).then(text => {
        clearTimeout(timer)
        resolve({ kind: 'answered', status: response.statusCode!, headers: headersOf(response), body: parsed(text) })
      }, broken)
    })
    request.end(text)
  })
}

async function read (response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

function headersOf ({ headers }: IncomingMessage): AnswerHeaders {
  return Object.fromEntries(HEADERS.flatMap(name => headers[name] === undefined ? [] : [[name, String(headers[name])]]))
}

function field (body: unknown, name: string): unknown {
  return body !== null && typeof body === 'object' ? (body as Record<string, unknown>)[name] : undefined
}

/** What is no JSON is told as the text that it is. */
function parsed (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
