import { randomUUID } from 'node:crypto'
import { readPage } from '../log/page.js'
import { isHidden } from '../streams/all.js'
import type { Streams } from '../streams/index.js'
import { Burst } from './burst.js'
import type { CallWriter } from './call-writer.js'
import { streamDeleted, tooSlow } from './errors.js'
import { PAGE } from './pages.js'
import type { FollowAll, FollowStream, ReadResponse } from './read-request.js'
import { allCaughtUp, caughtUp, checkpoint, confirmation, show, streamCaughtUp } from './shown.js'
import type { Signals } from './signals.js'

/** A follower that finds more than this at once has fallen behind, and is told when it has caught up again. */
const LIVE_BUFFER = 32

/** What is followed, and how much is told. */
export interface Followed {
  streams: Streams
  signals: Signals
  /** Whether a follower hears when it has caught up, and up to where; older servers only say that it has. */
  caughtUpSaysWhere: boolean
  /** More events at once than this end the call of a follower that had caught up. */
  liveFollowersBear: number
}

/**
 * Follows a stream: what stands there after the starting point, then what comes. One loop reads both, so nothing is
 * missed or sent twice in between.
 */
export async function followStream (request: FollowStream, writer: CallWriter<ReadResponse>, followed: Followed): Promise<void> {
  const { streams, signals, caughtUpSaysWhere, liveFollowersBear } = followed
  const { stream, from } = request
  if (streams.state(stream) === 'tombstoned') throw streamDeleted(stream)
  const waiter = new Waiter(writer)
  const done = signals.onStream(stream, () => { waiter.notice() })
  try {
    let after = from === 'start' ? -1n : from === 'end' ? streams.head(stream) : from
    let live = false
    const burst = new Burst(liveFollowersBear)
    await writer.write(confirmation(randomUUID()))
    while (!writer.closed) {
      waiter.look()
      const head = streams.head(stream)
      const records = await streams.readForwards(stream, after + 1n, PAGE)
      const last = records[records.length - 1]
      if (last !== undefined) {
        if (live && Number(head - after) > liveFollowersBear) throw tooSlow()
        burst.take(records.length, live)
        if (records.length > LIVE_BUFFER) live = false
        await show(records, request, writer, streams)
        after = last.revision
        continue
      }
      const tombstone = await streams.tombstoneOf(stream)
      if (tombstone !== undefined) {
        await show([tombstone], request, writer, streams)
        throw streamDeleted(stream)
      }
      // Older servers do not say so where there is nothing to catch up with.
      if (!live && (caughtUpSaysWhere || streams.state(stream) === 'live')) {
        await writer.write(caughtUpSaysWhere ? streamCaughtUp(head < 0n ? undefined : head) : caughtUp())
        live = true
      }
      await waiter.more()
    }
  } finally {
    done()
  }
}

/** Follows the whole log in the same way; who filters hears from time to time how far it was looked through. */
export async function followAll (request: FollowAll, writer: CallWriter<ReadResponse>, followed: Followed): Promise<void> {
  const { streams, signals, caughtUpSaysWhere, liveFollowersBear } = followed
  const { log } = streams
  const { from, filter } = request
  const waiter = new Waiter(writer)
  const done = signals.onAll(() => { waiter.notice() })
  try {
    let next = from === 'start' ? 0 : from === 'end' ? log.confirmed : log.ordinalFrom(from + 1n)
    let live = false
    // With each event comes its link.
    const burst = new Burst(2 * liveFollowersBear)
    let considered = 0
    let told = -1n
    const tell = async (position: bigint): Promise<void> => {
      if (position === told) return
      told = position
      await writer.write(checkpoint(position))
    }
    await writer.write(confirmation(randomUUID()))
    while (!writer.closed) {
      waiter.look()
      const page = await readPage(log, next, next + (filter === undefined ? PAGE : Math.min(PAGE, filter.checkpointEvery - considered)))
      const last = page[page.length - 1]
      if (last !== undefined) {
        if (live && log.confirmed - next > 2 * liveFollowersBear) throw tooSlow()
        const wanted = page.filter((record) => !isHidden(record) && (filter === undefined || filter.matches(record)))
        burst.take(wanted.length, live)
        if (page.length > LIVE_BUFFER) live = false
        await show(wanted, request, writer, streams)
        next += page.length
        considered += page.length
        if (filter !== undefined && considered >= filter.checkpointEvery) {
          considered = 0
          await tell(last.position)
        }
        continue
      }
      if (!live) {
        const position = next === 0 ? undefined : log.positionAt(next - 1)
        if (filter !== undefined && position !== undefined) await tell(position)
        await writer.write(caughtUpSaysWhere ? allCaughtUp(position) : caughtUp())
      }
      live = true
      await waiter.more()
    }
  } finally {
    done()
  }
}

/** Tells whether anything came since the last look, so that no signal between looking and waiting is lost. */
class Waiter {
  readonly #writer: CallWriter<ReadResponse>
  #noticed = false
  #waiting = false

  constructor (writer: CallWriter<ReadResponse>) {
    this.#writer = writer
  }

  look (): void {
    this.#noticed = false
  }

  notice (): void {
    this.#noticed = true
    if (this.#waiting) this.#writer.wake()
  }

  async more (): Promise<void> {
    while (!this.#noticed && !this.#writer.closed) {
      this.#waiting = true
      await this.#writer.pause()
      this.#waiting = false
    }
  }
}
