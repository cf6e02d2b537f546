import type { StoreLog } from '../../lib/store/index.js'

/** A log that tests can look into. */
export interface RecordingLog extends StoreLog {
  readonly lines: { level: string, details: object, message: string }[]
}

export function recordingLog (): RecordingLog {
  const lines: RecordingLog['lines'] = []
  const at = (level: string) => (details: object, message: string) => { lines.push({ level, details, message }) }
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
