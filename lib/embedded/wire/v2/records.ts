import { randomUUID } from 'node:crypto'
import { status, type ServiceError } from '@grpc/grpc-js'
import structPb from 'google-protobuf/google/protobuf/struct_pb.js'
import { MAX_RECORD_SIZE, sizeOf, type NewRecord, type StreamLimits } from '../../streams/index.js'
import { callError } from '../errors.js'
import { sessionErrorsPb, sessionsPb } from '../protocol.js'
import { parseUuid } from '../uuid.js'
import { invalidRequest, sessionError } from './errors.js'

type AppendRecord = InstanceType<typeof sessionsPb.AppendRecord>

/** How the formats are called in metadata; what has no name cannot be written. */
const FORMATS: Readonly<Record<number, string>> = {
  [sessionsPb.SchemaFormat.SCHEMA_FORMAT_JSON]: 'Json',
  [sessionsPb.SchemaFormat.SCHEMA_FORMAT_PROTOBUF]: 'Protobuf',
  [sessionsPb.SchemaFormat.SCHEMA_FORMAT_AVRO]: 'Avro',
  [sessionsPb.SchemaFormat.SCHEMA_FORMAT_BYTES]: 'Bytes'
}

const SCHEMA_NAME = /^[\p{L}\p{N}_\-.:$]+$/u

/** Takes the records of one append, and keeps the limits. */
export class Intake {
  readonly #limits: Readonly<StreamLimits>
  #size = 0

  constructor (limits: Readonly<StreamLimits>) {
    this.#limits = limits
  }

  /**
   * The event that a record stands for. Its properties are what the first protocol calls metadata, where they are shown as
   * JSON together with the schema's name and format.
   * @throws a status for what cannot be stored
   */
  take (stream: string, record: AppendRecord): NewRecord {
    const schema = record.getSchema()
    const type = schema?.getName() ?? ''
    const format = FORMATS[schema?.getFormat() ?? 0]
    if (!SCHEMA_NAME.test(type) || type !== type.normalize('NFC')) throw invalidRequest(`'${type}' is no name of a schema`)
    if (format === undefined) throw invalidRequest('The format of the schema is missing')
    const given = record.getRecordId()
    const id = given === undefined || given === '' ? randomUUID() : parseUuid(given)
    if (id === undefined) throw invalidRequest(`'${given}' is no id of a record`)

    const properties = record.getPropertiesMap()
    if (format !== 'Json') properties.set('$schema.format', textValue(format))
    const data = record.getData_asU8()
    this.#count(stream, id, data.length + sizeOfProperties(properties) + Buffer.byteLength(type))
    const event = { id, type, json: format === 'Json', data, metadata: metadataOf(properties, type, format) }
    if (sizeOf(event) > MAX_RECORD_SIZE) throw callError(status.UNKNOWN, 'Exception was thrown by handler. Record is too big')
    return event
  }

  #count (stream: string, id: string, size: number): void {
    const { maxAppendSize, maxAppendEventSize } = this.#limits
    if (size > maxAppendEventSize) throw recordTooLarge(stream, id, size, maxAppendEventSize)
    this.#size += size
    if (this.#size > maxAppendSize) throw appendTooLarge(this.#size, maxAppendSize)
  }
}

type Properties = ReturnType<AppendRecord['getPropertiesMap']>

function metadataOf (properties: Properties, type: string, format: string): Buffer {
  const fields: string[] = []
  properties.forEach((value, key) => {
    if (key !== '$schema.name' && key !== '$schema.format') fields.push(`${JSON.stringify(key)}:${JSON.stringify(value.toJavaScript())}`)
  })
  fields.push(`"$schema.name":${JSON.stringify(type)}`, `"$schema.format":"${format}"`)
  return Buffer.from(`{${fields.join(',')}}`)
}

function sizeOfProperties (properties: Properties): number {
  const struct = new structPb.Struct()
  properties.forEach((value, key) => { struct.getFieldsMap().set(key, value) })
  return struct.serializeBinary().length
}

function textValue (text: string): InstanceType<typeof structPb.Value> {
  const value = new structPb.Value()
  value.setStringValue(text)
  return value
}

function recordTooLarge (stream: string, id: string, size: number, limit: number): ServiceError {
  const detail = new sessionErrorsPb.AppendRecordSizeExceededErrorDetails()
    .setStream(stream).setRecordId(id).setSize(size).setMaxSize(limit)
  return sessionError(status.INVALID_ARGUMENT, `The size of record ${id} (${size} bytes) is over the limit of ${limit}`,
    'APPEND_RECORD_SIZE_EXCEEDED', ['AppendRecordSizeExceededErrorDetails', detail])
}

function appendTooLarge (size: number, limit: number): ServiceError {
  const detail = new sessionErrorsPb.AppendTransactionSizeExceededErrorDetails().setSize(size).setMaxSize(limit)
  return sessionError(status.ABORTED, `The size of the append (${size} bytes so far) is over the limit of ${limit}`,
    'APPEND_TRANSACTION_SIZE_EXCEEDED', ['AppendTransactionSizeExceededErrorDetails', detail])
}
