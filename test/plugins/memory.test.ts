import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Test } from 'tap'
import { sender, subscriber } from '../../lib/index.js'
import { commandEvent, streamNames, WORKERS_GROUP } from '../../lib/outcome/index.js'
import { Store } from '../../lib/store/index.js'
import { defineCounter } from '../harness/counter.js'
import { recordingLog } from '../harness/recording-log.js'
import { openStore, uniqueType } from '../harness/store.js'
import { until } from '../harness/until.js'
import { newApp, sendersOf, setEnvironment } from './apps.js'

/** Counters of a type of their own, on a store, with as many applications as a test asks for. */
async function scene (t: Test) {
  const { connectionString } = await openStore(t)
  const counter = defineCounter(uniqueType('Counter'))
  const type = counter.commands.name
  const streams = streamNames(type)
  const store = Store.open({ connectionString, callLimit: 5 }, recordingLog())
  t.teardown(() => store.close())
  return {
    counter,
    store,
    streams,
    /** A sender and a worker, and the counts that the worker's evolve was given: those of an aggregate again whenever it is loaded. */
    async open (variables: Record<string, string>) {
      const named = Object.entries(variables).map(([name, value]) => [name.replace('COUNTER', type.toUpperCase()), value])
      setEnvironment(t, { KURRENT_HOST: connectionString, ...Object.fromEntries(named) })
      const evolved: number[] = []
      const watched: typeof counter = {
        ...counter,
        evolve (event, state, data) {
          if (event === 'Added') evolved.push((data as { by: number }).by)
          return counter.evolve(event, state, data)
        }
      }
      const { app, lines } = newApp(t)
      await app.register(sender, { aggregates: [counter.commands], kurrent: { hostname: randomUUID() } })
      await app.register(subscriber, { aggregates: [watched] })
      await app.ready()
      await until(() => app.unistream.readiness().ready)
      const { Start, Add } = sendersOf(app, type)
      return {
        app,
        lines,
        evolved,
        async add (aggId: string, by: number) {
          t.match(await Add!({ aggId, comId: randomUUID(), command: { by } }), { status: 'succeeded' })
        },
        /** A new aggregate. */
        async start (by: number): Promise<{ aggId: string, comId: string }> {
          const aggId = randomUUID()
          const comId = randomUUID()
          t.match(await Start!({ aggId, comId, command: {} }), { status: 'succeeded' })
          await this.add(aggId, by)
          return { aggId, comId }
        }
      }
    },
    /** Until the workers' group has nothing left. */
    async drained (): Promise<void> {
      const page = await store.read(type, { direction: 'backwards', from: 'end', count: 1 })
      const head = page.kind === 'page' ? page.events[0]!.event!.revision : undefined
      await until(async () => {
        const info = await store.groupInfo(type, WORKERS_GROUP)
        return info !== undefined && info.lastCheckpointed === head && info.outstanding === 0
      })
    }
  }
}

for (const { capacity, evolved } of [{ capacity: '1', evolved: [1, 2, 1, 3] }, { capacity: '2', evolved: [1, 2, 3] }]) {
  t.test(`capacity ${capacity} is how many aggregates are in memory: the first of two ${capacity === '1' ? 'is loaded again' : 'stays'}`, async (t) => {
    const { open } = await scene(t)
    const worker = await open({ AGGREGATE_COUNTER_CAPACITY: capacity })
    const { aggId } = await worker.start(1)
    await worker.start(2)
    await worker.add(aggId, 3)
    t.same(worker.evolved, evolved)
  })
}

for (const { multiple, evolved } of [{ multiple: '1', evolved: [1, 2, 1] }, { multiple: '2', evolved: [1, 2] }]) {
  t.test(`multiple ${multiple}: whether a finished command is known when the state of its aggregate has left`, async (t) => {
    const { open, store, counter, streams, drained } = await scene(t)
    const worker = await open({ AGGREGATE_COUNTER_CAPACITY: '1', AGGREGATE_COUNTER_MULTIPLE: multiple })
    const first = await worker.start(1)
    await worker.start(2)
    // With one ahead that it does not know the store takes one that it knows a second time.
    const { Start } = counter.commands.commands
    const another = commandEvent(Start, { aggId: randomUUID(), comId: randomUUID() }, {})
    t.match(await store.append(streams.commands, 'any', [another, commandEvent(Start, first, {})]), { kind: 'written' })
    await drained()
    t.same(worker.evolved, evolved)
  })
}

for (const { latest, loaded, evolved } of [{ latest: '30', loaded: 2, evolved: [1, 2] }, { latest: '0.00001', loaded: 0, evolved: [] }]) {
  t.test(`latest ${latest}: of what age the aggregates are that a worker loads when it starts`, async (t) => {
    const { open } = await scene(t)
    const before = await open({})
    await before.start(1)
    await before.start(2)
    await before.app.close()
    const worker = await open({ AGGREGATE_COUNTER_LATEST: latest })
    const said = await until(() => worker.lines.find(({ msg }) => msg === 'the youngest aggregates are in memory'))
    t.match(said, { loaded })
    t.same(worker.evolved.toSorted(), evolved)
  })
}

t.test('sweep always: what stands below the checkpoint is looked at, and marked, on a server that loses nothing too', async (t) => {
  const { open, store, streams, drained } = await scene(t)
  const before = await open({})
  await before.start(1)
  await drained()
  await before.app.close()
  await open({ KURRENT_SWEEP: 'always' })
  const mark = await until(async () => {
    const page = await store.read(streams.sweep, { direction: 'backwards', from: 'end', count: 1 })
    return page.kind === 'page' && page.events[0]?.event
  })
  t.same(JSON.parse(Buffer.from(mark.data).toString()), { revision: '1' })
})
