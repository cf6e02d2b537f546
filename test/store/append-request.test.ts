import { randomUUID } from 'node:crypto'
import t from 'tap'
import { appendRequests, UnsendableAppend } from '../../lib/store/append-request.js'
import type { NewEvent } from '../../lib/store/index.js'

const event = (bytes: number): NewEvent => ({ id: randomUUID(), type: 'Thing', data: Buffer.alloc(bytes, 'x'), metadata: new Uint8Array() })

t.test('a small append is one message with everything in it', async t => {
  const id = randomUUID()
  const events = [event(10), event(20)]
  const [request, ...others] = appendRequests(id, 'Thing-1', 4n, events, 2500)
  t.equal(others.length, 0)
  t.equal(request?.getCorrelationId()?.getString(), id)
  t.equal(request?.getIsFinal(), true)
  t.equal(request?.getOptions()?.getStreamPosition(), '4')
  t.equal(Buffer.from(request?.getOptions()?.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString(), 'Thing-1')
  t.equal(request?.getOptions()?.getDeadline()?.getSeconds(), 2)
  t.equal(request?.getOptions()?.getDeadline()?.getNanos(), 500_000_000)
  t.equal(request?.getOptions()?.hasDeadline21100(), false, 'no point in time, which would tie appends to the clocks')
  t.strictSame(request?.getProposedMessagesList().map(message => message.getId()?.getString()), events.map(({ id }) => id))
})

t.test('expectations', async t => {
  t.equal(appendRequests(randomUUID(), 'A', 'any', [event(1)], 1)[0]?.getOptions()?.hasAny(), true)
  t.equal(appendRequests(randomUUID(), 'A', 'no_stream', [event(1)], 1)[0]?.getOptions()?.hasNoStream(), true)
})

t.test('a large append is split, keeps its order, and only the last message is final', async t => {
  const events = Array.from({ length: 10 }, () => event(1024 * 1024))
  const requests = appendRequests(randomUUID(), 'A', 'any', events, 1000)
  t.ok(requests.length >= 4)
  t.strictSame(requests.map(request => request.getIsFinal()), requests.map((_, index) => index === requests.length - 1))
  t.strictSame(requests.map(request => request.hasOptions()), requests.map((_, index) => index === 0))
  t.strictSame(requests.flatMap(request => request.getProposedMessagesList().map(message => message.getId()?.getString())), events.map(({ id }) => id))
  for (const request of requests) t.ok(request.serializeBinary().length <= 3 * 1024 * 1024)
})

t.test('what cannot be sent', async t => {
  const reason = (stream: string, events: NewEvent[]): string => {
    try {
      appendRequests(randomUUID(), stream, 'any', events, 1)
    } catch (error) {
      if (error instanceof UnsendableAppend) return error.reason
    }
    return 'sendable'
  }
  t.equal(reason('A', [event(1)]), 'sendable')
  t.equal(reason('A', []), 'invalid')
  t.equal(reason('', [event(1)]), 'invalid')
  t.equal(reason('A', [event(16 * 1024 * 1024)]), 'too_large')
})
