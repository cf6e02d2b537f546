import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js'
import protobuf from 'google-protobuf'
import { FieldReader, MalformedMessage } from './reader.js'
import { LENGTH, VARINT } from './writer.js'

/** Wire types of numbers of a fixed size. */
const FIXED_64 = 1
const FIXED_32 = 5

/** What is no text: UTF-8 that is not valid becomes this in the library's hands. */
const HALF_CHARACTER = /\p{Surrogate}/u

/** A generated class of a message. */
export interface GeneratedClass<Message> {
  new (): Message
  deserializeBinaryFromReader (message: Message, reader: protobuf.BinaryReader): Message
}

/**
 * Reads a message of a generated class. Without this one's care a length that is not true makes the library read for seconds what is
 * not there.
 * @throws MalformedMessage
 */
export function readGenerated<Message> (Type: GeneratedClass<Message>, bytes: Buffer): Message {
  return Type.deserializeBinaryFromReader(new Type(), new CarefulReader(bytes))
}

/** A service whose requests are read with care. A method with a codec of its own has no `requestType`. */
export function readWithCare (definition: ServiceDefinition): ServiceDefinition {
  return Object.fromEntries(Object.entries(definition).map(([name, method]) => {
    const { requestType } = method as MethodDefinition<unknown, unknown> & { requestType?: GeneratedClass<unknown> }
    return [name, requestType === undefined ? method : { ...method, requestDeserialize: (bytes: Buffer) => readGenerated(requestType, bytes) }]
  }))
}

class CarefulReader extends protobuf.BinaryReader {
  readonly #bytes: Buffer

  constructor (bytes: Buffer) {
    super(bytes)
    this.#bytes = bytes
    const { readMessage } = this
    this.readMessage = (message, reader) => {
      // The library reads maps by itself, without asking anybody for the next field.
      if (message instanceof protobuf.Map) this.#demandSoundEntry()
      readMessage.call(this, message, reader)
    }
    const { readString } = this
    this.readString = () => {
      const text = readString.call(this)
      if (HALF_CHARACTER.test(text)) throw new MalformedMessage()
      return text
    }
  }

  #demandSoundEntry (): void {
    const entry = FieldReader.at(this.#bytes, this.getCursor())
    while (entry.next() !== 0) entry.skip()
  }

  /** Everything that is read begins here, in whatever message within a message it stands. */
  override nextField (): boolean {
    if (this.getCursor() > this.#bytes.length) throw new MalformedMessage()
    if (!super.nextField()) {
      if (this.getError()) throw new MalformedMessage()
      return false
    }
    if (this.getFieldNumber() === 0) throw new MalformedMessage()
    switch (this.getWireType() as number) {
      case LENGTH:
        FieldReader.at(this.#bytes, this.getCursor())
        return true
      case VARINT:
      case FIXED_64:
      case FIXED_32:
        return true
      default:
        throw new MalformedMessage()
    }
  }
}
