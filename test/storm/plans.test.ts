import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { calmOf, FAIL, KINDS, planFaults, WORKER } from './fault-plan.js'
import type { FaultKind } from './fault-plan.js'
import { planLoad } from './load-plan.js'
import type { Intent } from './load-plan.js'
import { CI_LIMIT, CI_STORM, readOptions } from './options.js'
import { Random } from './random.js'

const EMBEDDED = { commands: 2000, kills: 12, embedded: true }
const kindsOf = (plan: readonly { kind: FaultKind }[]) => [...new Set(plan.map(({ kind }) => kind))].sort()
const all = Object.keys(KINDS).sort()

t.test('a seed draws the same numbers again, and another seed others', async t => {
  const draw = (seed: number, purpose?: string) => {
    const random = new Random(seed, purpose)
    return Array.from({ length: 20 }, () => random.next())
  }
  t.same(draw(7), draw(7))
  t.notSame(draw(7), draw(8))
  t.notSame(draw(7, 'load'), draw(7, 'faults'))
  t.ok(draw(7).every(number => number >= 0 && number < 1))
  const random = new Random(1)
  for (let i = 0; i < 100; i++) t.match(random.uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

t.test('a seed draws the same faults again', async t => {
  const [first, again, other] = [1, 1, 2].map(seed => JSON.stringify(planFaults({ seed, ...EMBEDDED })))
  t.ok(first === again)
  t.ok(first !== other)
})

t.test('every kind of fault is drawn in a short storm, and as many kills as were asked for', async t => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const plan = planFaults({ seed, ...EMBEDDED })
    t.same(kindsOf(plan), all)
    t.equal(plan.filter(({ kind }) => kind === 'kill').length, 12)
    t.ok(plan.every(({ at }) => at > 0 && at < 2000))
    t.ok(plan.every(({ at }, place) => place === 0 || at >= plan[place - 1]!.at), 'in their order')
    t.ok(new Set(plan.map(({ at }) => at)).size < plan.length, 'some of them together')
  }
})

t.test('on a server of somebody else nothing is drawn that only the embedded store can do', async t => {
  const kinds = kindsOf(planFaults({ seed: 1, ...EMBEDDED, embedded: false }))
  t.same(kinds, all.filter(kind => KINDS[kind as FaultKind].embedded !== true))
  t.ok(kinds.includes('kill'))
  t.notOk(kinds.includes('store_hung'))
})

t.test('without relays nothing is drawn that needs one', async t => {
  const kinds = kindsOf(planFaults({ seed: 1, ...EMBEDDED, embedded: false, relays: false }))
  t.same(kinds, all.filter(kind => KINDS[kind as FaultKind].embedded !== true && KINDS[kind as FaultKind].relay !== true))
})

t.test('always drawn: kills alone, of workers; a foreign event in the fail stream; poison on many aggregates; in a long storm what outlasts keep-alive', async t => {
  for (const seed of [1, 2, 3, 4]) {
    const plan = planFaults({ seed, commands: 20_000, kills: 100, embedded: true })
    t.ok(plan.filter(({ kind, solitary, form }) => kind === 'kill' && solitary === true && form >= WORKER).length >= 20)
    t.ok(plan.some(({ kind, form }) => kind === 'plant_noise' && form < FAIL))
    t.ok(plan.filter(({ kind }) => kind === 'poison').length > 5)
    t.same(plan.filter(({ long }) => long === true).map(({ kind }) => kind).sort(), ['half_open', 'store_hung'])
    t.same(planFaults({ seed, ...EMBEDDED }).filter(({ long }) => long === true), [])
    t.ok(plan.every(({ at }) => at >= calmOf(20_000)))
  }
  const { poisonable, closable, hot } = planLoad(1, 3_000)
  t.ok(poisonable.length > 10 && !poisonable.includes(hot) && !poisonable.some(aggId => closable.includes(aggId)))
})

t.test('only what is asked for is drawn', async t => {
  const plan = planFaults({ seed: 1, ...EMBEDDED, kinds: ['kill', 'freeze'] })
  t.same(kindsOf(plan), ['freeze', 'kill'])
})

t.test('a seed draws the same load again', async t => {
  const [first, again, other] = [1, 1, 2].map(seed => JSON.stringify(planLoad(seed, 500)))
  t.ok(first === again)
  t.ok(first !== other)
})

t.test('the load: as many commands as were asked for, each with an id of its own, a third of them for one aggregate', async t => {
  const { begin, commands, reserve, hot, size } = planLoad(5, 3000)
  const flat = [...begin, ...commands].flatMap((intent): Intent[] => intent.then === undefined ? [intent] : [intent, intent.then])
  t.equal(flat.length, size)
  t.ok(size >= 3000 && size <= 3001)
  t.equal(new Set(flat.map(({ comId }) => comId)).size, size)
  t.equal(reserve.length, 1500, 'and some for bursts')
  const share = commands.filter(({ aggId }) => aggId === hot).length / commands.length
  t.ok(share > 0.28 && share < 0.4, `${share}`)
  t.same([...new Set(flat.map(({ behaviour }) => behaviour))].sort(),
    ['asks', 'crowd', 'gives_up', 'impatient', 'patient', 'returns', 'reuses_aggregate', 'reuses_body'])
  t.ok(flat.some(({ command }) => command === 'PayInterest'), 'what only the new version knows')
  const transfers = commands.filter(({ then }) => then !== undefined)
  t.ok(transfers.length > 300)
  t.ok(transfers.every(({ body, then }) => then!.command === 'TransferIn' && then!.body['amount'] === body['amount'] && then!.aggId === body['inCode']))
})

t.test('the command line', async t => {
  t.match(readOptions(['--seed', '4', '--commands', '900', '--kills', '3', '--faults', 'kill,stop'], {}),
    { seed: 4, commands: 900, kills: 3, workers: 3, senders: 2, faults: ['kill', 'stop'], emulate: '26.1', host: undefined })
  t.match(readOptions(['--seed', '5'], { KURRENT_HOST: 'localhost:2113' }), { emulate: '23.10', host: 'localhost:2113' })
  t.match(readOptions(['--ci'], {}), CI_STORM)
  t.match(readOptions(['--ci', '--seed', '7'], {}), { ...CI_STORM, seed: 7 })
  for (const args of [['--seed', 'x'], ['--workers', '5'], ['--senders', '1'], ['--faults', 'rain'], ['--emulate', '22'], ['--wind']]) {
    t.throws(() => readOptions(args, {}), args.join(' '))
  }
})

t.test('CI runs its storm, within the time that is said', async t => {
  const script = await readFile(fileURLToPath(new URL('../../.ci/run', import.meta.url)), 'utf8')
  t.ok(script.includes(` ${CI_LIMIT} npm run -s storm -- --ci\n`))
})
