/*
 * Kills a store with a data folder again and again, under load, while it opens, and while it closes, and looks after each restart
 * whether everything confirmed is there: `npm run test:kills -- --seed N --kills 200`. The seed decides what is written and when
 * the kills come; what is under way at that moment is the machine's affair.
 */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { KurrentDBClient } from '@kurrent/kurrentdb-client'
import { Chance } from '../harness/chance.js'
import { Group } from './group.js'
import { History } from './history.js'
import { load, sendAgain } from './load.js'
import { StoreProcess } from './store-process.js'
import { readAll, verifyDeletion, verifyLinks, verifyMetadata, verifyStream } from './verify.js'

/** Milliseconds after which a call that has not ended counts as one that never does. */
const PATIENCE = 30_000

/** The last look reads everything. */
const LAST_PATIENCE = 600_000

/** How many streams are read at once. */
const READERS = 16

/** Milliseconds of load before a kill, at most. */
const LONGEST_LOAD = 400

const { values } = parseArgs({ options: { seed: { type: 'string' }, kills: { type: 'string', default: '20' } } })
const seed = Number(values.seed ?? Date.now() % 1_000_000)
const kills = Number(values.kills)
const chance = new Chance(seed)
const history = new History()
const group = new Group(chance)
const counts = { load: 0, opening: 0, closing: 0, cut: 0, again: 0, links: 0 }

/** Fails where something never ends. */
async function bounded<T> (what: string, action: Promise<T>, patience = PATIENCE): Promise<T> {
  const over = new AbortController()
  try {
    return await Promise.race([
      action,
      wait(patience, undefined, { signal: over.signal }).then(() => { throw new Error(`${what} did not end`) })
    ])
  } finally {
    over.abort()
  }
}

async function opened (data: string): Promise<{ store: StoreProcess, client: KurrentDBClient }> {
  const store = new StoreProcess(data)
  // Else it would live on, and this program with it.
  const url = await bounded('The start', store.listening).catch(async (error: unknown) => {
    await store.kill()
    throw error
  })
  if (url === undefined) throw new Error(`The store did not start again: ${store.warnings.join('; ')}`)
  counts.cut += store.warnings.filter((line) => line.includes('cut off')).length
  return { store, client: KurrentDBClient.connectionString(url) }
}

/** All that was touched since the last look; everything when `all` is set. */
async function verify (client: KurrentDBClient, rounds: readonly number[], all: boolean): Promise<void> {
  const touched = (name: string): boolean => all || rounds.some((round) => new RegExp(`^k[a-z]${round}-`).test(name)) || name === 'feed'
  const deletions = new Map(history.deletions.map((deletion) => [deletion.stream, deletion]))
  await withEach([...history.streams.values()].filter(({ name }) => touched(name)), async (stream) => {
    const found = await readAll(client, stream.name)
    const deletion = deletions.get(stream.name)
    if (deletion !== undefined) verifyDeletion(deletion, found)
    if (deletion?.fate !== 'confirmed') verifyStream(stream, found ?? [])
  })
  await withEach(history.metadata.filter(({ stream }) => touched(stream)), (kept) => verifyMetadata(client, kept))
  await group.verifyCheckpoint(client)
  for (const round of rounds) {
    for (const category of ['kx', 'ka', 'ke']) counts.links += await verifyLinks(client, history, `${category}${round}`)
  }
}

/** Does something with each, some at a time. */
async function withEach<T> (all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  let next = 0
  await Promise.all(Array.from({ length: READERS }, async () => {
    while (next < all.length) await act(all[next++]!)
  }))
}

/** What was under way at an exact revision is sent again as it was: now it is known, or written. */
async function settle (client: KurrentDBClient, undecided: ReadonlyArray<readonly [stream: string, after: bigint]>): Promise<void> {
  for (const [name, after] of undecided) {
    const stream = history.stream(name)
    const sent = stream.attempts.find((one) => one.after === after)!
    if (sent.fate === 'gone') sent.fate = 'open'
    await sendAgain(client, stream, sent)
    counts.again++
  }
}

async function underLoad (store: StoreProcess, client: KurrentDBClient, round: number): Promise<void> {
  let killed = false
  const loads = Promise.all([
    load(client, history, chance, round, () => killed),
    group.consume(client, () => killed)
  ])
  loads.catch(() => {})
  await wait(chance.below(LONGEST_LOAD))
  const closing = chance.percent(8)
  if (closing) {
    killed = true
    store.askToEnd(chance.percent(70))
    await wait(chance.below(60))
    counts.closing++
  } else {
    counts.load++
  }
  killed = true
  await store.kill()
  await bounded('A call', loads)
}

async function bytesOf (folder: string): Promise<number> {
  const sizes = await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}

const folder = await mkdtemp(join(tmpdir(), 'unistream-kills-'))
console.log(`seed ${seed}, ${kills} kills`)
const begun = performance.now()
let open: { store: StoreProcess, client: KurrentDBClient } | undefined
try {
  open = await opened(folder)
  for (let round = 0; counts.load + counts.opening + counts.closing < kills; round++) {
    await underLoad(open.store, open.client, round)
    await open.client.dispose()
    while (chance.percent(15) && counts.load + counts.opening + counts.closing < kills) {
      const store = new StoreProcess(folder)
      await wait(chance.below(500))
      await store.kill()
      counts.opening++
    }
    const undecided = [...history.streams.values()].flatMap(({ name, attempts }) => attempts
      .filter(({ fate, after }) => fate === 'open' && after !== undefined).map(({ after }) => [name, after!] as const))
      .filter(([name]) => !name.startsWith('kd') && !name.startsWith('ke'))
    open = await opened(folder)
    await bounded('The look at what is there', verify(open.client, [round], false))
    await bounded('An append that was sent again', settle(open.client, undecided))
    const done = counts.load + counts.opening + counts.closing
    if (done % 10 === 0 || done === kills) {
      console.log(`${done} kills, ${history.confirmedEvents} events confirmed, ${counts.cut} torn ends cut off, ${(await bytesOf(folder) / 1e6).toFixed(0)} MB`)
    }
  }
  await bounded('The last look', verify(open.client, [], true), LAST_PATIENCE)
  const feed = history.stream('feed').attempts.filter(({ fate }) => fate === 'confirmed').reduce((sum, { events }) => sum + events.length, 0)
  await bounded('The group', group.finish(open.client, feed), LAST_PATIENCE)
  console.log(`${counts.load} kills under load, ${counts.opening} while opening, ${counts.closing} while closing, in ${((performance.now() - begun) / 1000).toFixed(0)} s: ` +
    `${history.confirmedEvents} confirmed events are there, ${counts.again} appends of open fate were sent again, ${counts.links} links are complete, ` +
    `the group was given ${group.delivered} of ${feed} events and stands at ${group.checkpoint}`)
  console.log('ok')
} catch (error) {
  console.error(`not ok, with seed ${seed}: ${error instanceof Error ? error.stack : String(error)}`)
  process.exitCode = 1
} finally {
  await open?.client.dispose().catch(() => {})
  await open?.store.kill()
  if (process.exitCode !== 1) await rm(folder, { recursive: true })
  else console.error(`The data folder is left for a look: ${folder}`)
}
