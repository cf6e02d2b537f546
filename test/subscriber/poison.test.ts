import { randomUUID } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { AbandonedError } from '../../lib/aggregator/index.js'
import { Solitude } from '../../lib/subscriber/solitude.js'
import { spawnWorker } from '../harness/processes.js'
import { stage } from './stage.js'

t.test('a command that takes its worker down each time is given up, and nothing that was in hand beside it is', async t => {
  const s = await stage(t)
  const deadly = randomUUID()
  const poisoned = randomUUID()
  const others = Array.from({ length: 20 }, () => randomUUID())
  const before = await Promise.all(others.slice(0, 10).map(async aggId => [aggId, await s.send(aggId, 'Start', {})] as const))
  await s.send(poisoned, 'Start', {}, deadly)
  const after = await Promise.all(others.slice(10).map(async aggId => [aggId, await s.send(aggId, 'Start', {})] as const))

  // It dies nine times: five beside the others, four alone. The tenth worker fails it unseen.
  let deaths = 0
  const outcome = s.outcome(poisoned, deadly)
  for (let dies = true; dies;) {
    const worker = spawnWorker(t, {
      connectionString: s.connectionString, type: s.type, messageTimeout: 30, at: { comId: deadly, signal: 'SIGKILL' }
    })
    dies = await Promise.race([worker.ended.then(() => true), outcome.then(() => false)])
    if (dies) deaths++
  }
  t.equal(await outcome, 'failed')
  t.equal(deaths, 9)
  for (const [aggId, comId] of [...before, ...after]) t.equal(await s.outcome(aggId, comId), 'succeeded')
})

t.test('what is alone has nothing beside it, and neither waits for ever', async t => {
  const closing = new AbortController()
  const solitude = new Solitude(closing.signal)
  const running = new Set<string>()
  const most = new Map<string, number>()
  const ends = new Map<string, () => void>()
  const task = (name: string) => async () => {
    running.add(name)
    for (const one of running) most.set(one, Math.max(most.get(one) ?? 0, running.size))
    await new Promise<void>(resolve => { ends.set(name, resolve) })
    running.delete(name)
  }
  const tasks = [solitude.beside(task('a')), solitude.beside(task('b')), solitude.alone(task('X')), solitude.beside(task('c')), solitude.alone(task('Y'))]
  t.same([...running], ['a', 'b'], 'side by side; the next one waits, and who comes after it too')
  ends.get('a')!()
  await turn()
  t.same([...running], ['b'])
  ends.get('b')!()
  await turn()
  t.same([...running], ['X'])
  ends.get('X')!()
  await turn()
  t.same([...running], ['c'])
  closing.abort()
  await t.rejects(tasks[4]!, new AbandonedError(), 'closing ends the waiting')
  ends.get('c')!()
  await Promise.all(tasks.slice(0, 4))
  t.equal(most.get('X'), 1)
  await solitude.beside(async () => { t.pass('what need not wait may begin') })
  await t.rejects(solitude.alone(async () => { throw new Error('its own') }), { message: 'its own' })
  await solitude.alone(async () => { t.pass('what fails leaves') })
})
