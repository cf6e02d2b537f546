import { randomBytes, randomUUID } from 'node:crypto'
import fc from 'fast-check'
import durationPb from 'google-protobuf/google/protobuf/duration_pb.js'
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js'
import timestampPb from 'google-protobuf/google/protobuf/timestamp_pb.js'
import shared from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js'
import pb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js'
import t from 'tap'
import type { LogRecord } from '../../lib/embedded/log/record.js'
import { readBatchPart, writeBatchSuccess } from '../../lib/embedded/wire/codec/batch-append.js'
import { FamiliarTexts } from '../../lib/embedded/text/familiar-texts.js'
import { writeReadEvent } from '../../lib/embedded/wire/codec/read-event.js'
import { readGenerated } from '../../lib/embedded/wire/codec/generated.js'
import { MalformedMessage } from '../../lib/embedded/wire/codec/reader.js'
import { sessionsPb } from '../../lib/embedded/wire/protocol.js'

type Options = InstanceType<typeof pb.BatchAppendReq.Options>

const halves = new shared.UUID.Structured()
  .setMostSignificantBits('-81985529216486896')
  .setLeastSignificantBits('81985529216486895')

function request (fill: (options: Options) => void = () => {}): InstanceType<typeof pb.BatchAppendReq> {
  const options = new pb.BatchAppendReq.Options()
    .setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from('größe-1')))
  fill(options)
  return new pb.BatchAppendReq()
    .setCorrelationId(new shared.UUID().setString('0D6C5B1E-0000-4000-8000-000000000001'))
    .setOptions(options)
}

function bytesOf (message: { serializeBinary (): Uint8Array }): Buffer {
  return Buffer.from(message.serializeBinary())
}

t.test('a batch is read as the generated classes write it', async (t) => {
  const id = randomUUID()
  const message = request((options) => { options.setStreamPosition('9007199254740993') }).setIsFinal(true)
  const [one, two] = [message.addProposedMessages(), message.addProposedMessages()]
  one.setId(new shared.UUID().setString(id)).setData(randomBytes(300)).setCustomMetadata(Buffer.from('{}'))
  one.getMetadataMap().set('type', 'Ünicode').set('content-type', 'application/json').set('more', 'x')
  two.setId(new shared.UUID().setStructured(halves))
  two.getMetadataMap().set('type', 'B').set('content-type', 'text/plain')

  const part = readBatchPart(bytesOf(message))
  t.equal(part.correlation, '0d6c5b1e-0000-4000-8000-000000000001')
  t.same(shared.UUID.deserializeBinary(part.correlationBytes).getString(), '0D6C5B1E-0000-4000-8000-000000000001')
  t.same(part.options, { stream: 'größe-1', expected: 9007199254740993n })
  t.equal(part.final, true)
  t.same(part.events, [
    { id, type: 'Ünicode', json: true, data: Buffer.from(one.getData_asU8()), metadata: Buffer.from('{}') },
    { id: 'fedcba98-7654-3210-0123-456789abcdef', type: 'B', json: false, data: new Uint8Array(0), metadata: new Uint8Array(0) }
  ])
})

t.test('a batch goes by a UUID, however that is written', async (t) => {
  const read = (id: InstanceType<typeof shared.UUID>): ReturnType<typeof readBatchPart> =>
    readBatchPart(bytesOf(new pb.BatchAppendReq().setCorrelationId(id)))
  const text = randomUUID()
  for (const id of [text, text.toUpperCase(), '00000000-0000-0000-0000-000000000001']) {
    const message = new shared.UUID().setString(id)
    t.match(read(message), { correlation: id.toLowerCase(), correlationBytes: bytesOf(message) }, id)
  }
  const structured = new shared.UUID().setStructured(halves)
  t.match(read(structured), { correlation: 'fedcba98-7654-3210-0123-456789abcdef', correlationBytes: bytesOf(structured) })
  for (const id of ['', '00000000-0000-0000-0000-000000000000', text.replace('-', '0'), text.slice(1), `${text}0`, `g${text.slice(1)}`, `${text.slice(1)}-`]) {
    t.equal(read(new shared.UUID().setString(id)).correlation, undefined, id)
  }
  t.equal(read(new shared.UUID().setStructured(new shared.UUID.Structured())).correlation, undefined)
})

t.test('what a batch expects, and how long it waits', async (t) => {
  const options = (fill: (options: Options) => void): object | undefined => readBatchPart(bytesOf(request(fill))).options
  t.match(options((made) => { made.setAny(new emptyPb.Empty()) }), { expected: 'any' })
  t.match(options((made) => { made.setNoStream(new emptyPb.Empty()) }), { expected: 'no_stream' })
  t.match(options((made) => { made.setStreamExists(new emptyPb.Empty()) }), { expected: 'stream_exists' })
  t.same(options((made) => { made.setStreamPosition('0') }), { stream: 'größe-1', expected: 0n })
  t.same(options(() => {}), { stream: 'größe-1' })
  t.same(options((made) => { made.setStreamPosition('18446744073709551615') }), { stream: 'größe-1' }, 'no revision can be that high')
  t.match(options((made) => { made.setDeadline(new durationPb.Duration().setSeconds(1).setNanos(5e8)) }), { timeLeft: 1_500 })
  const past = options((made) => { made.setDeadline21100(new timestampPb.Timestamp().setSeconds(1)) }) as { timeLeft: number }
  t.ok(past.timeLeft < 0)
})

t.test('success is written as the generated classes read it', async (t) => {
  const correlation = new shared.UUID().setString(randomUUID()).serializeBinary()
  const read = (revision: bigint, position: bigint): InstanceType<typeof pb.BatchAppendResp> =>
    pb.BatchAppendResp.deserializeBinary(writeBatchSuccess(correlation, 'größe-1', revision, position))
  for (const number of [0n, 1n, 127n, 128n, 16383n, 16384n, 2n ** 31n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n]) {
    const answer = read(number, number)
    t.same(answer.getCorrelationId()?.serializeBinary(), correlation)
    t.equal(Buffer.from(answer.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString(), 'größe-1')
    t.equal(answer.getSuccess()?.getCurrentRevision(), number.toString())
    t.equal(answer.getSuccess()?.getPosition()?.getCommitPosition(), number.toString())
    t.equal(answer.getSuccess()?.getPosition()?.getPreparePosition(), number.toString())
  }
  t.ok(read(-1n, 5n).getSuccess()?.hasNoStream())
})

function record (changes: Partial<LogRecord> = {}): LogRecord {
  return {
    position: 2n ** 40n,
    stream: 'größe-1',
    revision: 2n ** 63n - 1n,
    id: 'fedcba98-7654-3210-0123-456789abcdef',
    type: 'Ünicode',
    json: true,
    data: randomBytes(20_000),
    metadata: Buffer.from('{"a":1}'),
    created: 16_000_000_000_000_000n,
    ...changes
  }
}

t.test('events are written as the generated classes read them', async (t) => {
  const event = record()
  const link = record({ stream: '$ce-größe', json: false, data: Buffer.from('0@größe-1'), metadata: new Uint8Array(0), position: 5n, revision: 0n })
  for (const [resolved, position] of [[{ event }, event.position], [{ event, link }, 5n], [{ link }, 5n]] as const) {
    for (const structured of [false, true]) {
      const read = pb.ReadResp.deserializeBinary(writeReadEvent(resolved, structured)).getEvent()
      t.equal(read?.getCommitPosition(), position.toString())
      for (const [message, expected] of [[read?.getEvent(), 'event' in resolved ? event : undefined], [read?.getLink(), 'link' in resolved ? link : undefined]] as const) {
        t.equal(message === undefined, expected === undefined)
        if (message === undefined || expected === undefined) continue
        t.equal(message.getStreamRevision(), expected.revision.toString())
        t.equal(message.getPreparePosition(), expected.position.toString())
        t.equal(message.getCommitPosition(), expected.position.toString())
        t.equal(Buffer.from(message.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString(), expected.stream)
        t.same(Buffer.from(message.getData_asU8()), Buffer.from(expected.data))
        t.same(Buffer.from(message.getCustomMetadata_asU8()), Buffer.from(expected.metadata))
        t.same(new Map(message.getMetadataMap().toObject()), new Map([
          ['type', expected.type],
          ['created', expected.created.toString()],
          ['content-type', expected.json ? 'application/json' : 'application/octet-stream']
        ]))
        t.same(structured ? message.getId()?.getStructured()?.toObject() : message.getId()?.getString(),
          structured ? halves.toObject() : expected.id)
      }
    }
  }
})

t.test('unknown fields are passed over, and what is no message is refused', async (t) => {
  const message = bytesOf(request((options) => { options.setAny(new emptyPb.Empty()) }))
  const unknown = Buffer.from([0x78, 0x05, 0x7a, 0x02, 1, 2, 0x7d, 1, 2, 3, 4, 0x79, 1, 2, 3, 4, 5, 6, 7, 8])
  t.match(readBatchPart(Buffer.concat([message, unknown])), { options: { expected: 'any' } })
  for (let length = 0; length < message.length; length++) {
    try {
      readBatchPart(message.subarray(0, length))
    } catch (error) {
      if (!(error instanceof MalformedMessage)) t.fail(`cut to ${length}: ${String(error)}`)
    }
  }
  const noise = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 60 }),
    fc.tuple(fc.nat(message.length - 1), fc.nat(255)).map(([at, byte]) => Buffer.from(message).fill(byte, at, at + 1)))
  fc.assert(fc.property(noise, bytes => {
    try {
      readBatchPart(Buffer.from(bytes))
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error
    }
  }), { numRuns: 20_000 })
})

t.test('generated classes read what they have written, and no length that is not true', async (t) => {
  const malformed = new MalformedMessage()
  const message = new pb.AppendReq.ProposedMessage().setId(new shared.UUID().setString(randomUUID())).setData(randomBytes(50))
  message.getMetadataMap().set('type', 'Happened').set('content-type', 'application/json')
  const request = new pb.AppendReq().setProposedMessage(message)
  const bytes = bytesOf(request)
  t.same(readGenerated(pb.AppendReq, bytes).toObject(), request.toObject())
  t.same(readGenerated(pb.AppendReq, Buffer.alloc(0)).toObject(), new pb.AppendReq().toObject())
  for (let end = 1; end < bytes.length; end++) t.throws(() => readGenerated(pb.AppendReq, bytes.subarray(0, end)), malformed)

  const huge = [0x80, 0x80, 0x80, 0x80, 0x08]
  const nested = (field: number, content: number[]): number[] => [field << 3 | 2, content.length, ...content]
  for (const content of [
    [field(2), ...huge],
    nested(2, [field(1), ...huge]),
    nested(2, nested(2, [field(1), ...huge])),
    nested(2, nested(2, nested(1, [0x61]).concat(field(2), huge))),
    nested(2, [field(4), ...huge]),
    nested(2, [3 << 3 | 3, 1]),
    [field(0), 0]
  ]) {
    t.throws(() => readGenerated(pb.AppendReq, Buffer.from([...content, ...Array(40).fill(0)])), malformed)
  }
  t.throws(() => readGenerated(sessionsPb.AppendRequest, Buffer.from(nested(1, [0x61, 0xed, 0xa0, 0x80]))), malformed, 'no text')

  function field (number: number): number {
    return number << 3 | 2
  }
})

t.test('texts that came before are told from those that only look like them', async (t) => {
  const texts = new FamiliarTexts()
  const samples = ['', 'type', 'tape', 'typo', 'content-type', 'größe', 'grösse', '日本', 'x'.repeat(64), 'x'.repeat(65), '\ufffd']
  for (const sample of [...samples, ...samples.toReversed(), ...samples]) {
    const buffer = Buffer.from(`<${sample}>`)
    t.equal(texts.read(buffer, 1, buffer.length - 1), sample)
    buffer.fill(0)
  }
  for (let i = 0; i < 2; i++) t.equal(texts.read(Buffer.from([0x74, 0xff, 0x65]), 0, 3), 't\ufffde', 'UTF-8 that is not valid')
})
