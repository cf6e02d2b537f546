import { randomUUID } from 'node:crypto'
import type { Chance } from '../harness/chance.js'
import { persistentPb, projectionsPb, sessionsPb, sharedPb, streamsPb } from '../../lib/embedded/wire/protocol.js'

interface Message { serializeBinary (): Uint8Array }

const empty = () => new sharedPb.Empty()
const stream = (name: string) => new sharedPb.StreamIdentifier().setStreamName(Buffer.from(name))
const uuid = () => new sharedPb.UUID().setString(randomUUID())

/** Valid requests, by the path of their method: what the official client sends, on streams of the fuzzer's own. */
export function sample (path: string, chance: Chance): Buffer[] {
  const name = `fuzz-${chance.below(200)}`
  const messages = SAMPLES[path.slice(path.lastIndexOf('.') + 1)]?.(name, chance) ?? []
  return messages.map((message) => Buffer.from(message.serializeBinary()))
}

const SAMPLES: Record<string, (name: string, chance: Chance) => Message[]> = {
  'Streams/Append': (name, chance) => {
    const options = new streamsPb.AppendReq.Options().setStreamIdentifier(stream(name))
    if (chance.percent(50)) options.setAny(empty())
    else options.setRevision(String(chance.below(4)))
    const proposed = new streamsPb.AppendReq.ProposedMessage().setId(uuid()).setData(chance.bytes(20))
    proposed.getMetadataMap().set('type', 'Fuzzed').set('content-type', 'application/json')
    return [new streamsPb.AppendReq().setOptions(options), new streamsPb.AppendReq().setProposedMessage(proposed)]
  },
  'Streams/BatchAppend': (name, chance) => {
    const options = new streamsPb.BatchAppendReq.Options().setStreamIdentifier(stream(name))
    if (chance.percent(50)) options.setAny(empty())
    else options.setStreamPosition(String(chance.below(4)))
    const proposed = new streamsPb.BatchAppendReq.ProposedMessage().setId(uuid()).setData(chance.bytes(20)).setCustomMetadata(Buffer.from('{}'))
    proposed.getMetadataMap().set('type', 'Fuzzed').set('content-type', 'application/octet-stream')
    return [new streamsPb.BatchAppendReq().setCorrelationId(uuid()).setOptions(options).setProposedMessagesList([proposed]).setIsFinal(chance.percent(80))]
  },
  'Streams/Read': (name, chance) => {
    const options = new streamsPb.ReadReq.Options().setUuidOption(new streamsPb.ReadReq.Options.UUIDOption().setString(empty()))
    if (chance.percent(60)) options.setStream(new streamsPb.ReadReq.Options.StreamOptions().setStreamIdentifier(stream(name)).setStart(empty()))
    else options.setAll(new streamsPb.ReadReq.Options.AllOptions().setEnd(empty()))
    if (chance.percent(50)) options.setCount(String(chance.below(30)))
    else options.setSubscription(new streamsPb.ReadReq.Options.SubscriptionOptions())
    if (chance.percent(30)) {
      const expression = new streamsPb.ReadReq.Options.FilterOptions.Expression().setRegex('^fuzz')
      options.setFilter(new streamsPb.ReadReq.Options.FilterOptions().setStreamIdentifier(expression).setMax(32).setCheckpointintervalmultiplier(1))
    } else {
      options.setNoFilter(empty())
    }
    options.setReadDirection(chance.percent(50) ? 0 : 1)
    return [new streamsPb.ReadReq().setOptions(options)]
  },
  'Streams/Delete': (name) => [new streamsPb.DeleteReq().setOptions(new streamsPb.DeleteReq.Options().setStreamIdentifier(stream(name)).setAny(empty()))],
  'Streams/Tombstone': (name) => [new streamsPb.TombstoneReq().setOptions(new streamsPb.TombstoneReq.Options().setStreamIdentifier(stream(name)).setAny(empty()))],
  'PersistentSubscriptions/Create': (name) => {
    const settings = new persistentPb.CreateReq.Settings().setMessageTimeoutMs(1000).setMaxRetryCount(3).setLiveBufferSize(100).setHistoryBufferSize(100)
      .setReadBatchSize(20).setMaxCheckpointCount(10).setMinCheckpointCount(1).setCheckpointAfterMs(100).setConsumerStrategy('RoundRobin')
    const options = new persistentPb.CreateReq.Options().setGroupName('group').setSettings(settings)
      .setStream(new persistentPb.CreateReq.StreamOptions().setStreamIdentifier(stream(name)).setStart(empty()))
    return [new persistentPb.CreateReq().setOptions(options)]
  },
  'PersistentSubscriptions/Delete': (name) => [new persistentPb.DeleteReq().setOptions(
    new persistentPb.DeleteReq.Options().setStreamIdentifier(stream(name)).setGroupName('group'))],
  'PersistentSubscriptions/Read': (name) => {
    const options = new persistentPb.ReadReq.Options().setStreamIdentifier(stream(name)).setGroupName('group').setBufferSize(10)
      .setUuidOption(new persistentPb.ReadReq.Options.UUIDOption().setString(empty()))
    return [new persistentPb.ReadReq().setOptions(options), new persistentPb.ReadReq().setAck(new persistentPb.ReadReq.Ack().setIdsList([uuid(), uuid()])),
      new persistentPb.ReadReq().setNack(new persistentPb.ReadReq.Nack().setIdsList([uuid()]).setAction(2).setReason('no'))]
  },
  'PersistentSubscriptions/GetInfo': (name) => [new persistentPb.GetInfoReq().setOptions(
    new persistentPb.GetInfoReq.Options().setStreamIdentifier(stream(name)).setGroupName('group'))],
  'PersistentSubscriptions/ReplayParked': (name) => [new persistentPb.ReplayParkedReq().setOptions(
    new persistentPb.ReplayParkedReq.Options().setStreamIdentifier(stream(name)).setGroupName('group').setNoLimit(empty()))],
  'PersistentSubscriptions/List': () => [new persistentPb.ListReq().setOptions(new persistentPb.ListReq.Options().setListAllSubscriptions(empty()))],
  'Projections/Statistics': () => [new projectionsPb.StatisticsReq().setOptions(new projectionsPb.StatisticsReq.Options().setAll(empty()))],
  'StreamsService/AppendSession': (name) => [new sessionsPb.AppendRequest().setStream(name).setRecordsList([
    new sessionsPb.AppendRecord().setRecordId(randomUUID()).setData(Buffer.from('{}')).setSchema(new sessionsPb.SchemaInfo().setName('Fuzzed').setFormat(1))])]
}
