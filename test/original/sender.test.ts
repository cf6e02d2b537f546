import t from 'tap'
import type { Test } from 'tap'
import { randomUUID } from 'node:crypto'
import { Account } from '../../example-app/account.js'
import { Transaction } from '../../example-app/transaction.js'
import type { CommandDefinition } from '../../lib/definition/index.js'
import { streamNames } from '../../lib/outcome/index.js'
import { AggregateSender } from '../../lib/sender/index.js'
import { Store } from '../../lib/store/index.js'
import { originalRecordsOf, withOriginalNames } from '../harness/original-bank.js'
import type { OriginalRecord } from '../harness/original-bank.js'
import { recordingLog } from '../harness/recording-log.js'
import { openStore, uniqueType } from '../harness/store.js'
import { until } from '../harness/until.js'
import { senderSettings } from '../sender/stage.js'

const NIL = '00000000-0000-0000-0000-000000000000'
const bank = { Account, Transaction }

/** A sender of one of the bank's types, and what the original wrote of it: each command, and what stands there of its end. */
async function stage (t: Test, name: keyof typeof bank) {
  const { connectionString } = await openStore(t)
  const store = Store.open({ connectionString, callLimit: 10 }, recordingLog())
  t.teardown(() => store.close())
  const type = uniqueType(`Account.Domain.${name}`)
  const streams = streamNames(type)
  const { commands } = withOriginalNames(bank[name], type)
  const log = recordingLog()
  const sender = new AggregateSender({ commands, store, settings: senderSettings, hostname: randomUUID(), log, lookAfter: 0.2 })
  t.teardown(() => sender.close())
  const records = originalRecordsOf(name, type)
  const sent = records.filter(({ stream }) => stream === streams.commands).map(record => {
    const definition = commands.byStoredName(record.type) as CommandDefinition
    const { $correlationId: aggId } = JSON.parse(record.metadata) as { $correlationId: string }
    return { name: definition.name, aggId, comId: record.id, command: definition.fromStored(JSON.parse(record.data)) }
  })
  return {
    sender,
    log,
    sent,
    streams,
    ends: records.filter(({ stream }) => stream !== streams.commands),
    async put (of: readonly OriginalRecord[] = records): Promise<void> {
      for (const { stream, id, type, data, metadata } of of) {
        const answer = await store.append(stream, 'any', [{ id, type, data: Buffer.from(data), metadata: Buffer.from(metadata) }])
        t.equal(answer.kind, 'written')
      }
    },
    async started (): Promise<void> {
      sender.start()
      await until(() => sender.readiness().ready)
    },
    /** What a caller is to be told, by what stands in the file; undefined where the file has no end of the command. */
    expected ({ aggId, comId }: { aggId: string, comId: string }): object | undefined {
      const revisions = records.filter(({ stream }) => stream === streams.aggregate(aggId))
      const index = revisions.findIndex(({ id }) => id === comId)
      const key = { aggregate: name, aggId, comId }
      if (index >= 0) {
        const { type, data } = revisions[index]!
        return { ...key, status: 'succeeded', revision: BigInt(index), events: [{ type, data: JSON.parse(data) }] }
      }
      const fail = records.find(({ stream, id }) => stream === streams.fail && id === comId)
      return fail && { ...key, status: 'refused', code: 'REFUSED', message: JSON.parse(fail.data) }
    }
  }
}

for (const [name, finished, unfinished] of [['Account', 5, 3], ['Transaction', 1, 0]] as const) {
  t.test(`of what the original wrote a sender answers each command of ${name}`, async t => {
    const s = await stage(t, name)
    await s.put()
    await s.started()
    t.equal(s.sent.filter(of => s.expected(of) !== undefined).length, finished)
    t.equal(s.sent.filter(of => s.expected(of) === undefined).length, unfinished)
    for (const of of s.sent) {
      const { name: command, ...request } = of
      const expected = s.expected(of)
      const find = () => s.sender.find({ command, aggId: of.aggId, comId: of.comId })
      if (of.aggId === NIL) {
        // The original took it; here it is no id.
        await t.rejects(s.sender.send(command, request), { code: 'UNISTREAM_COMMAND_INVALID' })
      } else if (expected === undefined) {
        t.match(await find(), { status: 'open' }, `asked for ${of.comId}`)
        t.match(await s.sender.send(command, { ...request, deadline: 0.5 }), { outcome: { status: 'open' } }, `sent ${of.comId}`)
      } else {
        t.strictSame(await find(), expected, `asked for ${of.comId}`)
        t.strictSame(await s.sender.send(command, request), { outcome: expected, replayed: true }, `sent ${of.comId}`)
        t.strictSame(await s.sender.send(command, request), { outcome: expected, replayed: true }, `sent again ${of.comId}`)
      }
    }
    t.strictSame(s.sender.readiness(), { ready: true, reasons: [], warnings: [] })
    t.notOk(s.log.lines.some(({ level }) => level === 'error'))
  })

  t.test(`what the original writes while callers wait answers each command of ${name}`, async t => {
    const s = await stage(t, name)
    await s.started()
    const waiting = s.sent.filter(of => s.expected(of) !== undefined)
    const results = Promise.all(waiting.map(({ name, ...request }) => s.sender.send(name, request)))
    await s.put(s.ends)
    t.strictSame(await results, waiting.map(of => ({ outcome: s.expected(of), replayed: false })))
  })
}
