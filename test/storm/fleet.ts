import { join } from 'node:path'
import { freePort } from '../harness/free-port.js'
import { openRelay } from '../harness/relay.js'
import type { Relay } from '../harness/relay.js'
import type { Chronicle } from './chronicle.js'
import { Member } from './member.js'
import type { StormOptions } from './options.js'
import type { AppWishes, Message, StoreOrder, StoreWishes } from './programs/orders.js'

/** Milliseconds. What the processes are set to; short, so that a storm sees every limit pass. */
export const LIMITS = {
  deadline: 5_000,
  drainTime: 5_000,
  messageTimeout: 4_000,
  callLimit: 3_000,
  /** Until a process that was told to stop is killed. */
  patience: 20_000
} as const

const BUFFER = 16
/** Milliseconds: longer than the store hangs, since it does then what it was told meanwhile. */
const OBEYED = 45_000

/** Bounds that a burst reaches, and ids that are soon forgotten: of one sender each. */
const NARROW = { inFlight: 80, waiters: 120 } as const
const WIDE = { inFlight: 2_000, waiters: 4_000 } as const
const FORGETFUL_MINUTES = 0.02

/** There are never more workers than this, nor fewer than {@link LEAST_WORKERS}. */
export const MOST_WORKERS = 4
export const LEAST_WORKERS = 2

/** A worker or a sender, the port that it listens on, and its way to the store. */
export interface App {
  readonly member: Member
  readonly port: number
  /** Missing where the way to the store cannot lead through a relay. */
  readonly relay: Relay | undefined
}

export interface FleetOptions {
  readonly options: StormOptions
  readonly chronicle: Chronicle
  readonly folder: string
  readonly suffix: string
  /** Where its programs are. */
  readonly programs: string
}

/** All processes of a storm. */
export class Fleet {
  /** Missing where the storm uses a server that is there already. */
  readonly store: Member | undefined
  /** For the storm itself: not through a relay. */
  readonly connectionString: string
  readonly workers: readonly App[]
  readonly senders: readonly App[]
  /** The worker that has decided for an aggregate last. */
  readonly decider = new Map<string, string>()
  readonly #orders = new Map<number, { resolve: () => void, reject: (error: Error) => void }>()
  #orderNumber = 0

  private constructor (
    store: ((onMessage: (message: Message) => void, onEnded: () => void) => Member) | undefined, connectionString: string,
    app: (role: AppWishes['role'], place: number, onMessage: (name: string, message: Message) => void) => App, { workers, senders }: StormOptions
  ) {
    this.connectionString = connectionString
    this.store = store?.(message => {
      if (message.says !== 'done') return
      this.#orders.get(message.number)?.resolve()
    }, () => {
      for (const { reject } of this.#orders.values()) reject(new Error('the store has died'))
    })
    const heard = (name: string, message: Message): void => {
      if (message.says === 'decided') for (const aggId of message.aggregates) this.decider.set(aggId, name)
    }
    // One more than there are at first, which a fault brings in.
    const most = Math.min(MOST_WORKERS, workers + 1)
    this.workers = Array.from({ length: most }, (_, place) => app('worker', place, heard))
    this.senders = Array.from({ length: senders }, (_, place) => app('sender', place, heard))
  }

  static async open ({ options, chronicle, folder, suffix, programs }: FleetOptions): Promise<Fleet> {
    const { build, emulate, host } = options
    const log = (name: string) => join(folder, `${name}.log`)
    const port = await freePort()
    const wishes: StoreWishes = { build, data: join(folder, 'data'), port, emulate }
    const store = (onMessage: (message: Message) => void, onEnded: () => void) => new Member({
      name: 'store', role: 'store', program: join(programs, 'store.js'), wishes: () => wishes, log: log('store'), chronicle, onMessage, onEnded
    })
    const connectionString = host === undefined ? `kurrentdb://127.0.0.1:${port}?tls=false` : connectionStringOf(host)
    const target = relayTarget(connectionString)

    const most = Math.min(MOST_WORKERS, options.workers + 1) + options.senders
    const ways = await Promise.all(Array.from({ length: most }, async () => ({
      port: await freePort(), relay: target === undefined ? undefined : await openRelay(Number(target))
    })))
    return new Fleet(host === undefined ? store : undefined, connectionString, (role, place, onMessage) => {
      const name = `${role}-${place + 1}`
      const { port, relay } = ways.pop()!
      const settings = settingsOf(name, role, place, place === options.senders - 1, relay?.connectionString(connectionString) ?? connectionString)
      const member = new Member({
        name,
        role,
        program: join(programs, 'app.js'),
        wishes: (version): AppWishes => ({ role, version, build, port, suffix, settings }),
        log: log(name),
        chronicle,
        onMessage: message => { onMessage(name, message) }
      })
      return { member, port, relay }
    }, options)
  }

  get apps (): readonly App[] {
    return [...this.workers, ...this.senders]
  }

  get members (): readonly Member[] {
    return [...this.store === undefined ? [] : [this.store], ...this.apps.map(({ member }) => member)]
  }

  /** Tells the store's process what to do, and resolves when that is done; rejects when the store has died instead, or it is not done in time. */
  async order (order: StoreOrder extends infer O ? O extends StoreOrder ? Omit<O, 'number'> : never : never, patience = OBEYED): Promise<void> {
    const number = ++this.#orderNumber
    let timer: NodeJS.Timeout | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        this.#orders.set(number, { resolve, reject })
        timer = setTimeout(() => { reject(new Error(`${order.do} was not done in ${patience} ms`)) }, patience)
        if (!this.store!.send({ ...order, number })) reject(new Error('the store does not run'))
      })
    } finally {
      clearTimeout(timer)
      this.#orders.delete(number)
    }
  }

  /** Ends what is left of it, by force. */
  async abandon (): Promise<void> {
    await Promise.all(this.members.map(async member => {
      member.dismiss()
      await member.kill(0)
    }))
    await Promise.all(this.apps.map(({ relay }) => relay?.close()))
  }
}

function connectionStringOf (host: string): string {
  return host.includes('://') ? host : `kurrentdb://${host}?tls=false`
}

/** The port that a relay can stand before; undefined of a server elsewhere, or with TLS. */
function relayTarget (connectionString: string): string | undefined {
  return /^[a-z]+:\/\/(?:localhost|127\.0\.0\.1):(\d+)[/?].*tls=false/.exec(connectionString)?.[1]
}

/** Whether the ways to the store lead through relays. */
export function hasRelays (host: string | undefined): boolean {
  return host === undefined || relayTarget(connectionStringOf(host)) !== undefined
}

function settingsOf (name: string, role: AppWishes['role'], place: number, last: boolean, host: string): object {
  const kurrent = {
    host,
    hostname: name,
    callLimit: LIMITS.callLimit / 1000,
    drainTime: LIMITS.drainTime / 1000,
    messageTimeout: LIMITS.messageTimeout / 1000,
    buffer: BUFFER
  }
  return role === 'sender'
    ? {
        kurrent,
        command: { deadline: LIMITS.deadline / 1000, ...last ? NARROW : WIDE, ...place === 0 && { interval: FORGETFUL_MINUTES } }
      }
    : { kurrent }
}
