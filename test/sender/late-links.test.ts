import t from 'tap'
import { LateLinks } from '../../lib/sender/late-links.js'
import { Schedule } from '../../lib/sender/schedule.js'
import { recordingLog } from '../harness/recording-log.js'

t.test('links that come late are no reason to warn; links that do not come are', async t => {
  const schedule = new Schedule(1)
  const log = recordingLog()
  const late = new LateLinks('$ce-Account', 10, schedule, log)
  const after = (ms: number) => new Promise<void>(resolve => schedule.after(ms, resolve))
  late.missing('a')
  late.missing('a')
  late.came('a')
  late.came('b')
  await after(20)
  t.same(log.lines, [])

  late.missing('c')
  late.missing('d')
  await after(20)
  t.match(log.lines, [{ level: 'warn', details: { stream: '$ce-Account', outcomes: 1 } }], 'once in a while')
  t.equal(schedule.size, 0)
})
