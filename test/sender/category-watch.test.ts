import t from 'tap'
import { CategoryWatch } from '../../lib/sender/index.js'
import type { CategoryProjection } from '../../lib/store/index.js'
import { recordingLog } from '../harness/recording-log.js'
import { until } from '../harness/until.js'

/** A watch that is told by the test how the projection stands, each time that it asks. */
function watched () {
  const log = recordingLog()
  let asked = 0
  let answer: ((standing: CategoryProjection) => void) | undefined
  const watch = new CategoryWatch(() => new Promise((resolve) => {
    asked++
    answer = resolve
  }), log, 1)
  watch.start()
  return {
    watch,
    log,
    asked: () => asked,
    async say (standing: CategoryProjection): Promise<void> {
      const give = await until(() => answer)
      answer = undefined
      give(standing)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

t.test('while nobody says how it stands, it asks again, and says nothing', async (t) => {
  const { watch, log, say, asked } = watched()
  await say('unknown')
  await say('unknown')
  await say('running')
  t.equal(asked(), 3)
  t.strictSame(log.lines, [])
  t.strictSame(watch.warnings, [])
})

t.test('a projection that is missing or stopped is said once, and when it runs again', async (t) => {
  const { watch, log, say } = watched()
  t.strictSame(watch.warnings, [])
  await say('missing')
  t.match(watch.warnings, [/\$by_category is missing/])
  t.match(log.lines, [{ level: 'error', message: /is missing, so outcomes come late: run the server with --run-projections=System, and enable \$by_category once/ }])
  t.notMatch(log.lines[0]!.message, /standard-projections/, 'the other four would be started too')
  await say('stopped')
  await say('stopped')
  t.match(watch.warnings, [/\$by_category is stopped/])
  t.equal(log.lines.length, 1)
  await say('running')
  t.match(log.lines[1], { level: 'info', message: /runs$/ })
  t.strictSame(watch.warnings, [])
})

t.test('stopped while it waits, it asks no more', async (t) => {
  const { watch, asked, say } = watched()
  await say('stopped')
  watch.stop()
  const before = asked()
  const other = watched()
  for (let round = 0; round < 3; round++) await other.say('stopped')
  other.watch.stop()
  t.equal(asked(), before, 'while another one has asked thrice')
})

t.test('an answer that comes after the stop is not taken', async (t) => {
  const { watch, log, say } = watched()
  watch.stop()
  await say('stopped')
  t.strictSame(log.lines, [])
  t.strictSame(watch.warnings, [])
})

t.test('what nobody expected is logged', async (t) => {
  const log = recordingLog()
  new CategoryWatch(async () => { throw new Error('never') }, log).start()
  await until(() => log.lines.length > 0)
  t.match(log.lines, [{ level: 'error', message: /cannot be watched/ }])
})
