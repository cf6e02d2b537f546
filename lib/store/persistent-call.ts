import type { ClientDuplexStream } from '@grpc/grpc-js'
import shared from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js'
import { PersistentSubscriptionsClient } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/persistentsubscriptions_grpc_pb.js'
import subscriptions from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/persistentsubscriptions_pb.js'
import type { ReadReq, ReadResp } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/persistentsubscriptions_pb.js'
import type { Connection } from './connection.js'
import type { Delivery, NackAction } from './contract.js'
import { faultOf, StoreFault, timeoutFault } from './faults.js'
import { withinLimit } from './time-limit.js'
import { recordedEvent, streamIdentifier, uuid } from './wire.js'

/** How many ids one ack or nack carries: some 20 KiB, far below what the server takes in one message. */
const idsPerMessage = 500

export interface PersistentCallOptions {
  stream: string
  group: string
  bufferSize: number
  /** Comes before the first delivery. */
  onConfirmed: () => void
  onDelivery: (delivery: Delivery) => void
}

/** One call of a persistent subscription. It is confirmed at most once, ends once, and does not come back. */
export class PersistentCall {
  /** Resolves, with the reason, when the call is over; also when the server does not confirm it within the connection's limit. */
  readonly ended: Promise<StoreFault>
  readonly #wire: ClientDuplexStream<ReadReq, ReadResp>

  private constructor (connection: Connection, client: PersistentSubscriptionsClient, options: PersistentCallOptions) {
    const doing = subscribing(options)
    const since = performance.now()
    const wire = client.read(...connection.callArguments())
    this.#wire = wire
    this.ended = new Promise(resolve => {
      const unconfirmed = setTimeout(() => {
        resolve(timeoutFault(doing, connection.limit))
        wire.cancel()
        connection.overdue(client, since)
      }, connection.limit)
      const over = (fault: StoreFault): void => {
        clearTimeout(unconfirmed)
        resolve(fault)
      }
      wire.on('data', (response: ReadResp) => {
        connection.hear()
        const event = response.getEvent()
        if (event !== undefined) options.onDelivery(delivery(event))
        else if (response.hasSubscriptionConfirmation()) {
          clearTimeout(unconfirmed)
          options.onConfirmed()
        }
      })
      // The listeners stay for good: a late error without a listener would end the process.
      wire.on('error', (error: Error) => {
        connection.failed(client, error)
        over(faultOf(error, doing))
      })
      wire.on('end', () => over(new StoreFault('ended', `${doing} failed (the server ended the call)`)))
    })
    wire.write(readOptions(options))
  }

  static async open (connection: Connection, options: PersistentCallOptions): Promise<PersistentCall> {
    const doing = subscribing(options)
    const client = await withinLimit(connection.service(PersistentSubscriptionsClient, doing), connection.limit, doing)
    return new PersistentCall(connection, client, options)
  }

  ack (ids: readonly string[]): void {
    for (let from = 0; from < ids.length; from += idsPerMessage) {
      const ack = new subscriptions.ReadReq.Ack()
      ack.setIdsList(ids.slice(from, from + idsPerMessage).map(uuid))
      const request = new subscriptions.ReadReq()
      request.setAck(ack)
      this.#wire.write(request)
    }
  }

  nack (action: NackAction, reason: string, ids: readonly string[]): void {
    const { PARK, RETRY, SKIP } = subscriptions.ReadReq.Nack.Action
    for (let from = 0; from < ids.length; from += idsPerMessage) {
      const nack = new subscriptions.ReadReq.Nack()
      nack.setAction({ park: PARK, retry: RETRY, skip: SKIP }[action])
      nack.setReason(reason)
      nack.setIdsList(ids.slice(from, from + idsPerMessage).map(uuid))
      const request = new subscriptions.ReadReq()
      request.setNack(nack)
      this.#wire.write(request)
    }
  }

  cancel (): void {
    this.#wire.cancel()
  }
}

function subscribing ({ stream, group }: PersistentCallOptions): string {
  return `Subscribing to group ${group} on stream ${stream}`
}

function readOptions ({ stream, group, bufferSize }: PersistentCallOptions): ReadReq {
  const ids = new subscriptions.ReadReq.Options.UUIDOption()
  ids.setString(new shared.Empty())
  const options = new subscriptions.ReadReq.Options()
  options.setStreamIdentifier(streamIdentifier(stream))
  options.setGroupName(group)
  options.setBufferSize(bufferSize)
  options.setUuidOption(ids)
  const request = new subscriptions.ReadReq()
  request.setOptions(options)
  return request
}

function delivery (read: ReadResp.ReadEvent): Delivery {
  const event = read.getEvent()
  const link = read.getLink()
  const delivered: Delivery = { ackId: '', retryCount: read.hasRetryCount() ? read.getRetryCount() : 0 }
  if (event !== undefined) {
    delivered.event = recordedEvent(event)
    delivered.ackId = delivered.event.id
  }
  // The server knows a message by the id of what stands in the stream subscribed to.
  if (link !== undefined) {
    delivered.link = recordedEvent(link)
    delivered.ackId = delivered.link.id
  }
  return delivered
}
