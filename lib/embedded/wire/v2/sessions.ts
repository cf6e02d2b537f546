import { status, type sendUnaryData, type ServerReadableStream, type ServerUnaryCall, type ServiceError } from '@grpc/grpc-js'
import { MESSAGE_LIMITS } from '../../emulation.js'
import type { AtomicAppend, NewRecord, Streams, Violation } from '../../streams/index.js'
import { handlerThrew, notWritten } from '../errors.js'
import { unwritable } from '../proposed.js'
import { sessionErrorsPb, sessionsGrpc, sessionsPb } from '../protocol.js'
import type { WireService } from '../service.js'
import { invalidRequest, sessionError } from './errors.js'
import { numberOf, stateOf } from './expected.js'
import { Intake } from './records.js'

type SessionRequest = InstanceType<typeof sessionsPb.AppendRequest>
type SessionResponse = InstanceType<typeof sessionsPb.AppendSessionResponse>
type RecordsRequest = InstanceType<typeof sessionsPb.AppendRecordsRequest>
type RecordsResponse = InstanceType<typeof sessionsPb.AppendRecordsResponse>

/** The service of streams in its second protocol: appends to several streams, all or nothing. */
export function sessionsService (streams: Streams): WireService {
  return {
    definition: sessionsGrpc.StreamsServiceService,
    maxMessageBytes: MESSAGE_LIMITS.sessions(streams.limits.maxAppendSize),
    handlers: {
      appendSession: (call: ServerReadableStream<SessionRequest, SessionResponse>, callback: sendUnaryData<SessionResponse>): void => {
        const session = new Session(streams)
        let failure: unknown
        call.on('data', (request: SessionRequest) => {
          if (failure !== undefined) return
          try {
            session.take(request)
          } catch (error) {
            failure = error
            callback(error as ServiceError)
          }
        })
        call.on('end', () => {
          if (failure === undefined) answer(session.append(), callback)
        })
        // What the transport makes of a call that breaks off is told by `cancelled`; nothing was written then.
        call.on('error', () => {})
      },
      appendRecords: (call: ServerUnaryCall<RecordsRequest, RecordsResponse>, callback: sendUnaryData<RecordsResponse>): void => {
        answer(appendRecords(streams, call.request), callback)
      }
    }
  }
}

function answer<Response> (response: Promise<Response>, callback: sendUnaryData<Response>): void {
  response.then((message) => { callback(null, message) }, (error: unknown) => {
    callback(error instanceof Error && 'code' in error && 'metadata' in error ? error as ServiceError : notWritten(error))
  })
}

/** One request for each stream, in the order in which they are written. */
class Session {
  readonly #streams: Streams
  readonly #intake: Intake
  readonly #names = new Set<string>()
  readonly #records: Array<{ stream: string, event: NewRecord }> = []
  readonly #checks: Array<AtomicAppend['checks'][number]> = []

  constructor (streams: Streams) {
    this.#streams = streams
    this.#intake = new Intake(streams.limits)
  }

  /** @throws a status for what cannot be asked for */
  take (request: SessionRequest): void {
    const stream = writableName(request.getStream())
    const expected = request.hasExpectedRevision() ? stateOf(request.getExpectedRevision()!) : 'any'
    if (expected === undefined || expected === 'soft_deleted' || expected === 'tombstoned') throw invalidRequest('The expected revision is no revision')
    if (request.getRecordsList().length === 0) throw invalidRequest(`There are no records for stream '${stream}'`)
    const folded = stream.toUpperCase()
    if (this.#names.has(folded)) {
      throw sessionError(status.ABORTED, `Stream '${stream}' is in this session already`, 'STREAM_ALREADY_IN_APPEND_SESSION',
        ['StreamAlreadyInAppendSessionErrorDetails', new sessionErrorsPb.StreamAlreadyInAppendSessionErrorDetails().setStream(stream)])
    }
    this.#names.add(folded)
    for (const record of request.getRecordsList()) this.#records.push({ stream, event: this.#intake.take(stream, record) })
    this.#checks.push({ stream, expected })
  }

  async append (): Promise<SessionResponse> {
    if (this.#names.size === 0) {
      throw sessionError(status.FAILED_PRECONDITION, 'The session has no requests', 'APPEND_SESSION_NO_REQUESTS')
    }
    const result = await this.#streams.appendAtomically({ records: this.#records, checks: this.#checks })
    if (result.kind === 'violated') throw refused(result.violations[0]!)
    return new sessionsPb.AppendSessionResponse()
      .setPosition(result.position.toString())
      .setOutputList(result.revisions.map(({ stream, revision }) =>
        new sessionsPb.AppendResponse().setStream(stream).setStreamRevision(revision.toString())))
  }
}

function refused ({ stream, expected, current, deleted }: Violation): ServiceError {
  if (deleted) {
    return sessionError(status.FAILED_PRECONDITION, `Stream '${stream}' is deleted`, 'STREAM_TOMBSTONED',
      ['StreamTombstonedErrorDetails', new sessionErrorsPb.StreamTombstonedErrorDetails().setStream(stream)])
  }
  const detail = new sessionErrorsPb.StreamRevisionConflictErrorDetails()
    .setStream(stream).setExpectedRevision(numberOf(expected)).setActualRevision(current.toString())
  return sessionError(status.FAILED_PRECONDITION, `Stream '${stream}' is not at the expected revision`,
    'STREAM_REVISION_CONFLICT', ['StreamRevisionConflictErrorDetails', detail])
}

async function appendRecords (streams: Streams, request: RecordsRequest): Promise<RecordsResponse> {
  const intake = new Intake(streams.limits)
  // The first spelling of a name holds for the others, as on the real server.
  const spellings = new Map<string, string>()
  const spelt = (name: string): string => {
    const folded = name.toUpperCase()
    const first = spellings.get(folded)
    if (first === undefined) spellings.set(folded, name)
    return first ?? name
  }
  const records = request.getRecordsList().map((record) => {
    // The real server looks at this name too late.
    if (record.getStream() === '') throw handlerThrew()
    const stream = spelt(writableName(record.getStream()))
    return { stream, event: intake.take(stream, record) }
  })
  if (records.length === 0) throw invalidRequest('There are no records')
  const checked = new Set<string>()
  const checks = request.getChecksList().map((check) => {
    const state = check.getStreamState()
    const expected = state === undefined ? undefined : stateOf(state.getExpectedState())
    if (state === undefined || expected === undefined || expected === 'any') {
      throw invalidRequest('A check names a stream and the state that it is expected in; any is no state')
    }
    const stream = spelt(writableName(state.getStream()))
    if (checked.has(stream)) throw invalidRequest(`Stream '${stream}' is checked more than once`)
    checked.add(stream)
    return { stream, expected }
  })

  const result = await streams.appendAtomically({ records, checks })
  if (result.kind === 'violated') throw violated(result.violations)
  return new sessionsPb.AppendRecordsResponse()
    .setPosition(result.position.toString())
    .setRevisionsList(result.revisions.map(({ stream, revision }) =>
      new sessionsPb.StreamRevision().setStream(stream).setRevision(revision.toString())))
}

function violated (violations: readonly Violation[]): ServiceError {
  const { ConsistencyViolation, AppendConsistencyViolationErrorDetails } = sessionErrorsPb
  const detail = new AppendConsistencyViolationErrorDetails().setViolationsList(violations.map(({ stream, check, expected, actual }) =>
    new ConsistencyViolation()
      .setCheckIndex(check)
      .setStreamState(new ConsistencyViolation.StreamStateViolation()
        .setStream(stream).setExpectedState(numberOf(expected)).setActualState(numberOf(actual)))))
  return sessionError(status.FAILED_PRECONDITION, `${violations.length} streams are not in the state that is expected`,
    'APPEND_CONSISTENCY_VIOLATION', ['AppendConsistencyViolationErrorDetails', detail])
}

function writableName (stream: string): string {
  // Blanks are no name here, though they are one for the first protocol.
  const reason = unwritable(stream.trim() === '' ? '' : stream)
  if (reason !== undefined) throw invalidRequest(reason)
  return stream
}
