import type { Outcome } from '../outcome/index.js'
import type { CommandSettings } from '../settings/index.js'

/** What bounds the sender of one aggregate type. */
export interface SenderSettings extends CommandSettings {
  /** Seconds that a closing sender waits for outcomes before it tells its callers that they are still open. 2 unless said. */
  readonly drain?: number
  /** Leave the persistent subscription group in the store when closing. */
  readonly keepGroup?: boolean
}

export interface SendRequest {
  /** The aggregate's id: a UUID, in any case of letters, and not the nil one. */
  readonly aggId: string
  /** The command's id, chosen by the caller: likewise. */
  readonly comId: string
  readonly command: unknown
  /** Seconds until the caller is told that the outcome is still open; the setting's unless said. */
  readonly deadline?: number
}

export interface SendResult {
  readonly outcome: Outcome
  /** The outcome stood already when this command was sent: it took effect earlier. */
  readonly replayed: boolean
}

export interface FindRequest {
  /** Code name of the command. */
  readonly command: string
  readonly aggId: string
  readonly comId: string
}

export interface Readiness {
  readonly ready: boolean
  /** Why not; for operators. */
  readonly reasons: readonly string[]
  /** What needs somebody's eye, though everything stands. */
  readonly warnings: readonly string[]
}
