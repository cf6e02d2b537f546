import t from 'tap'
import type { StoredOutcome } from '../../lib/outcome/index.js'
import { OutcomeCache } from '../../lib/sender/outcome-cache.js'
import { Schedule } from '../../lib/sender/schedule.js'
import { Sightings } from '../../lib/sender/sightings.js'

const outcome = (comId: string, text = ''): StoredOutcome => ({
  comId, aggId: 'a', verdict: { status: 'refused', code: 'NO', message: text }
})

t.test('outcomes are kept for the time that is set', async t => {
  let now = 0
  const cache = new OutcomeCache({ minutes: 2, now: () => now })
  cache.settled('1', 'a', outcome('1'))
  now = 60_000
  cache.settled('2', 'a', outcome('2'))
  cache.tried('3', 'b', 'Add')
  now = 119_999
  t.match(cache.get('1'), { aggId: 'a', stored: { comId: '1' } })
  now = 120_000
  t.equal(cache.get('1'), undefined)
  t.match(cache.get('2'), { stored: { comId: '2' } })
  t.strictSame([cache.get('3')!.aggId, cache.get('3')!.stored], ['b', undefined])
  now = 180_000
  t.equal(cache.get('2'), undefined)
  t.equal(cache.size, 0)
})

t.test('none are kept for no time', async t => {
  const cache = new OutcomeCache({ minutes: 0 })
  cache.settled('1', 'a', outcome('1'))
  cache.tried('2', 'a', 'Add')
  t.equal(cache.size, 0)
})

t.test('up to a number, the oldest leave first', async t => {
  const cache = new OutcomeCache({ minutes: 1, mostCommands: 2 })
  for (const id of ['1', '2', '3']) cache.settled(id, 'a', outcome(id))
  t.strictSame(['1', '2', '3'].map(id => cache.get(id) !== undefined), [false, true, true])
  cache.settled('2', 'a', outcome('2'))
  cache.tried('4', 'a', 'Add')
  t.strictSame(['2', '3', '4'].map(id => cache.get(id) !== undefined), [true, false, true], 'what came again is young again')
})

t.test('up to a size', async t => {
  const cache = new OutcomeCache({ minutes: 1, mostBytes: 100_000 })
  for (let n = 0; n < 100; n++) {
    cache.settled(String(n), 'a', n % 2 === 0
      ? outcome(String(n), 'x'.repeat(10_000))
      : { comId: String(n), verdict: { status: 'succeeded', revision: 1n, events: [{ type: 'E', data: { text: 'x'.repeat(10_000) } }] } })
  }
  t.ok(cache.size > 0 && cache.size < 6, `${cache.size}`)
  t.ok(cache.get('99'))
  cache.settled('huge', 'a', outcome('huge', 'x'.repeat(200_000)))
  t.equal(cache.size, 0, 'what is too large for all of it is not kept')
})

t.test('that a command was tried does not make its outcome forgotten', async t => {
  const cache = new OutcomeCache({ minutes: 1 })
  cache.settled('1', 'a', outcome('1'))
  cache.tried('1', 'a', 'Add')
  t.ok(cache.get('1')?.stored)
})

t.test('tasks run in the order of their times, not before them, and not when they are cancelled', async t => {
  const schedule = new Schedule(5)
  const ran: string[] = []
  const begun = performance.now()
  let early = false
  let followed = false
  const task = (name: string, ms: number) => schedule.after(ms, () => {
    ran.push(name)
    if (performance.now() - begun < ms) early = true
  })
  await new Promise<void>(resolve => {
    task('late', 80)
    task('soon', 40)
    const mate = { ticket: undefined as ReturnType<Schedule['after']> | undefined }
    schedule.after(30, () => schedule.cancel(mate.ticket))
    mate.ticket = schedule.after(30, () => ran.push('cancelled by its mate'))
    schedule.cancel(task('cancelled', 10))
    schedule.cancel(undefined)
    schedule.after(0, () => {
      ran.push('now')
      schedule.after(0, () => { followed = true })
    })
    schedule.after(100, resolve)
  })
  t.strictSame(ran, ['now', 'soon', 'late'])
  t.notOk(early)
  t.ok(followed)
  t.equal(schedule.size, 0)
  schedule.after(1, () => ran.push('never'))
  schedule.clear()
  t.equal(schedule.size, 0)
})

t.test('what passed by is remembered up to a number', async t => {
  const sightings = new Sightings(10)
  for (let n = 0; n < 35; n++) sightings.add(String(n), 'S')
  t.ok(sightings.has('34', 'S'))
  t.ok(sightings.has('25', 'S'))
  t.notOk(sightings.has('34', 'T'))
  t.notOk(sightings.has('0', 'S'))
  t.ok(sightings.size <= 20)
})
