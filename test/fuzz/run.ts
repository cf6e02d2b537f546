/*
 * Sends a store messages and bytes that nobody should: `npm run test:fuzz -- --seed N --messages 100000`. Meanwhile an ordinary client
 * goes on with its appends and reads: the store must not crash, not keep it waiting, and not grow in memory.
 */
import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { jsonEvent, KurrentDBClient } from '@kurrent/kurrentdb-client'
import { Chance } from '../harness/chance.js'
import { CallFuzzer } from './calls.js'
import { disturb } from './sockets.js'

const CALLERS = 24
const DISTURBERS = 4

/** So many messages are sent for each connection that is disturbed. */
const MESSAGES_PER_CONNECTION = 20

/** Milliseconds that the ordinary client waits at most. */
const PATIENCE = 15_000

/** What memory may grow by after the first fifth: the index of what was written, and the memory of ids. A leak of a call is more. */
const GROWTH = 16 * 1024 * 1024

const { values } = parseArgs({ options: { seed: { type: 'string' }, messages: { type: 'string', default: '10000' } } })
const seed = Number(values.seed ?? Date.now() % 1_000_000)
const messages = Number(values.messages)
const chance = new Chance(seed)

const folder = await mkdtemp(join(tmpdir(), 'unistream-fuzz-'))
const store = fork(fileURLToPath(new URL('./store.ts', import.meta.url)), [folder], { execArgv: [...process.execArgv, '--expose-gc'] })
const crashed = once(store, 'exit').then(([code, signal]) => { throw new Error(`The store has crashed: ${signal ?? code}`) })
crashed.catch(() => {})

/** @throws when the store crashes first, or it takes too long */
async function bounded<T> (what: string, action: Promise<T>): Promise<T> {
  const over = new AbortController()
  const late = wait(PATIENCE, undefined, { signal: over.signal }).then(() => { throw new Error(`${what} did not end`) })
  late.catch(() => {})
  try {
    return await Promise.race([action, crashed, late])
  } finally {
    over.abort()
  }
}

async function held (): Promise<number> {
  const answer = once(store, 'message')
  store.send('memory')
  const [{ held }] = await bounded('A look at the memory', answer) as [{ held: number }]
  return held
}

let sent = 0
let connections = 0
let ordinary = 0
let slowest = 0
let failure: unknown
const over = (): boolean => failure !== undefined || sent >= messages

async function ordinaryClient (client: KurrentDBClient): Promise<void> {
  const stream = `ordinary-${randomUUID()}`
  for (let n = 0; !over() || n === 0; n++) {
    const begun = performance.now()
    const { nextExpectedRevision } = await bounded('An ordinary append', client.appendToStream(stream, jsonEvent({ type: 'Told', data: { n } }), { streamState: n === 0 ? 'no_stream' : BigInt(n - 1) }))
    const read = async (): Promise<number[]> => {
      const found: number[] = []
      for await (const { event } of client.readStream(stream, { fromRevision: nextExpectedRevision, maxCount: 1 })) found.push((event!.data as { n: number }).n)
      return found
    }
    if ((await bounded('An ordinary read', read()))[0] !== n) throw new Error('An ordinary read did not find what was appended')
    slowest = Math.max(slowest, performance.now() - begun)
    ordinary++
    await wait(20)
  }
}

async function caller (fuzzer: CallFuzzer): Promise<void> {
  while (!over()) {
    const count = await bounded('A call', fuzzer.call())
    sent += count
  }
}

async function disturber (port: number): Promise<void> {
  while (!over()) {
    if (connections * MESSAGES_PER_CONNECTION > sent) {
      await wait(5)
      continue
    }
    connections++
    await disturb(port, chance)
  }
}

/** Looks at the memory after each tenth. @returns what it was */
async function watch (): Promise<number[]> {
  const looks: number[] = []
  while (!over()) {
    if (sent >= messages * (looks.length + 1) / 10) {
      looks.push(await held())
      console.log(`${sent} messages, ${connections} connections with other bytes, ${(looks.at(-1)! / 1e6).toFixed(1)} MB held`)
    }
    await wait(20)
  }
  return looks
}

console.log(`seed ${seed}, ${messages} messages`)
try {
  const [{ port }] = await bounded('The start', once(store, 'message')) as [{ port: number }]
  const client = KurrentDBClient.connectionString(`kurrentdb://127.0.0.1:${port}?tls=false`)
  const fuzzers = Array.from({ length: CALLERS }, () => new CallFuzzer(`127.0.0.1:${port}`, chance))
  const work = [watch(), ordinaryClient(client), ...fuzzers.map(caller), ...Array.from({ length: DISTURBERS }, () => disturber(port))]
  for (const one of work) one.catch((error: unknown) => { failure ??= error })
  const [looks] = await Promise.all(work) as [number[]]
  for (const fuzzer of fuzzers) fuzzer.close()
  const end = await held()
  const early = looks[1] ?? end
  await client.dispose()
  if (end - early > GROWTH) throw new Error(`The store has grown from ${early} to ${end} bytes`)
  const outcomes = new Map<number, number>()
  for (const fuzzer of fuzzers) for (const [code, count] of fuzzer.outcomes) outcomes.set(code, (outcomes.get(code) ?? 0) + count)
  console.log(`${sent} messages in ${[...outcomes.values()].reduce((a, b) => a + b, 0)} calls (by status: ${[...outcomes].sort(([a], [b]) => a - b).map(([code, count]) => `${code}: ${count}`).join(', ')}), ` +
    `${connections} connections; ${ordinary} ordinary appends and reads meanwhile, the slowest in ${slowest.toFixed(0)} ms; memory ${((end - early) / 1e6).toFixed(1)} MB up since the first fifth`)
  console.log('ok')
} catch (error) {
  console.error(`not ok, with seed ${seed}: ${error instanceof Error ? error.stack : String(error)}`)
  process.exitCode = 1
} finally {
  store.disconnect()
  await crashed.catch(() => {})
  await rm(folder, { recursive: true, force: true })
}
