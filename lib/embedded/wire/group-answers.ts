import { status, type ServiceError } from '@grpc/grpc-js'
import { GroupError } from '../groups/index.js'
import type { ConnectionInfo, GroupInfo } from '../groups/index.js'
import { callError, handlerThrew } from './errors.js'
import { persistentPb } from './protocol.js'

type ReadResp = InstanceType<typeof persistentPb.ReadResp>
type SubscriptionInfo = InstanceType<typeof persistentPb.SubscriptionInfo>

/** The first answer of a Read: the consumer is in. */
export function confirmation (stream: string, group: string): ReadResp {
  const confirmed = new persistentPb.ReadResp.SubscriptionConfirmation()
  confirmed.setSubscriptionId(`${stream}::${group}`)
  return new persistentPb.ReadResp().setSubscriptionConfirmation(confirmed)
}

export function dropped (stream: string, group: string): ServiceError {
  return callError(status.CANCELLED, `Subscription group ${group} on stream ${stream} was dropped.`, {
    exception: 'persistent-subscription-dropped',
    'stream-name': stream,
    'group-name': group,
  })
}

/** The status that a call ends with, by what its handler met. */
export function groupStatus (error: unknown): ServiceError {
  if (!(error instanceof GroupError)) return isServiceError(error) ? error : handlerThrew()
  const { kind, stream, group, reason } = error
  const trailers = { 'stream-name': stream, 'group-name': group }
  switch (kind) {
    case 'exists':
      return callError(status.ALREADY_EXISTS, `Subscription group ${group} on stream ${stream} exists.`,
        { exception: 'persistent-subscription-exists', ...trailers })
    case 'missing':
      return callError(status.NOT_FOUND, `Subscription group ${group} on stream ${stream} does not exist.`,
        { exception: 'persistent-subscription-does-not-exist', ...trailers })
    case 'failed':
      return callError(status.INTERNAL, `Subscription group ${group} on stream ${stream} failed: '${reason}'`,
        { exception: 'persistent-subscription-failed', ...trailers, reason })
    case 'maximum subscribers reached':
      return callError(status.FAILED_PRECONDITION, `Maximum subscriptions reached for subscription group ${group} on stream ${stream}.`,
        { exception: 'maximum-subscribers-reached', ...trailers })
    case 'not ready':
      return callError(status.UNAVAILABLE, 'Server Is Not Ready')
  }
}

function isServiceError (error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'metadata' in error
}

export function infoMessage (info: GroupInfo): SubscriptionInfo {
  const { settings } = info
  const message = new persistentPb.SubscriptionInfo()
  message.setEventSource(info.stream)
  message.setGroupName(info.group)
  message.setStatus(info.status)
  message.setConnectionsList(info.connections.map(connectionMessage))
  message.setAveragePerSecond(info.averagePerSecond)
  message.setTotalItems(String(info.totalItems))
  message.setCountSinceLastMeasurement(String(info.countSinceLastMeasurement))
  message.setLastCheckpointedEventPosition(info.lastCheckpointedEventPosition)
  message.setLastKnownEventPosition(info.lastKnownEventPosition)
  message.setResolveLinkTos(settings.resolveLinks)
  message.setStartFrom(info.startFrom)
  message.setMessageTimeoutMilliseconds(settings.messageTimeout)
  message.setExtraStatistics(settings.extraStatistics)
  message.setMaxRetryCount(settings.maxRetryCount)
  message.setLiveBufferSize(settings.liveBufferSize)
  message.setBufferSize(settings.historyBufferSize)
  message.setReadBatchSize(settings.readBatchSize)
  message.setCheckPointAfterMilliseconds(settings.checkpointAfter)
  message.setMinCheckPointCount(settings.minCheckpointCount)
  message.setMaxCheckPointCount(settings.maxCheckpointCount)
  message.setReadBufferCount(info.readBufferCount)
  message.setLiveBufferCount(String(info.liveBufferCount))
  message.setRetryBufferCount(info.retryBufferCount)
  message.setTotalInFlightMessages(info.totalInFlightMessages)
  message.setOutstandingMessagesCount(info.outstandingMessagesCount)
  message.setNamedConsumerStrategy(settings.strategy)
  message.setMaxSubscriberCount(settings.maxSubscriberCount)
  message.setParkedMessageCount(info.parkedMessageCount.toString())
  return message
}

function connectionMessage (connection: ConnectionInfo): InstanceType<typeof persistentPb.SubscriptionInfo.ConnectionInfo> {
  const message = new persistentPb.SubscriptionInfo.ConnectionInfo()
  message.setUsername(connection.username)
  message.setConnectionName(connection.connectionName)
  message.setAverageItemsPerSecond(connection.averageItemsPerSecond)
  message.setTotalItems(String(connection.totalItems))
  message.setCountSinceLastMeasurement(String(connection.countSinceLastMeasurement))
  message.setAvailableSlots(connection.availableSlots)
  message.setInFlightMessages(connection.inFlightMessages)
  message.setObservedMeasurementsList(connection.measurements.map(({ key, value }) => {
    const measurement = new persistentPb.SubscriptionInfo.Measurement()
    measurement.setKey(key)
    measurement.setValue(value.toString())
    return measurement
  }))
  return message
}
