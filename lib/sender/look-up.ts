import type { StoredOutcome, UnusableOutcome } from '../outcome/index.js'
import type { RecordedEvent } from '../store/index.js'

/** A question that is put to the store: what became of this command? */
export interface LookUp {
  readonly aggId: string
  readonly comId: string
  /** How far up the streams are known not to hold the outcome, so that nothing is read twice. */
  readonly searched: { aggregate?: bigint, fail?: bigint }
  /** Whether anybody still wants to know. */
  wanted (): boolean
  /** @param last the event by which the outcome was complete */
  onFound (stored: StoredOutcome, last: RecordedEvent): void
  /** Something stands there that cannot be used. */
  onUnusable (unusable: UnusableOutcome, event: RecordedEvent): void
  /** Nothing stands there yet. */
  onMissed (): void
  onFailed (error: Error): void
}
