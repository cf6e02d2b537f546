/** The log holds something that was confirmed and cannot be read any more. Nothing is skipped: the store does not start. */
export class LogDamagedError extends Error {
  readonly code = 'UNISTREAM_STORE_LOG_DAMAGED'

  constructor (readonly path: string, readonly offset: number, what: string) {
    super(`The log is damaged: ${path}, at byte ${offset}: ${what}. Restore the data folder from a backup; to look at the rest, ` +
      'work on a copy')
  }
}

/** The data folder was written by a newer version. */
export class LogVersionError extends Error {
  readonly code = 'UNISTREAM_STORE_LOG_VERSION'

  constructor (path: string, found: number, known: number) {
    super(`The log has format ${found}, and this version reads up to ${known}: ${path}. Use the version that wrote it, or a newer one`)
  }
}

/** The data folder cannot be made, or this user may not write to it. */
export class LogFolderError extends Error {
  readonly code = 'UNISTREAM_STORE_LOG_FOLDER'

  constructor (folder: string, cause: unknown) {
    super(`The data folder ${folder} cannot be written to (${cause instanceof Error ? cause.message : String(cause)}): ` +
      'give this user the right to, or name another folder', { cause })
  }
}

/** Another process writes to the data folder. */
export class LogLockedError extends Error {
  readonly code = 'UNISTREAM_STORE_LOG_LOCKED'

  constructor (folder: string) {
    super(`Another store uses the data folder ${folder}: stop it, or name another folder`)
  }
}

/** The disk does not take what was to be appended: it is full, or it fails. Reading goes on. */
export class LogWriteError extends Error {
  readonly code = 'UNISTREAM_STORE_LOG_WRITE'

  constructor (cause: unknown) {
    super(`The log could not be written (${cause instanceof Error ? cause.message : String(cause)}): nothing of it is confirmed; make room or ` +
      'look at the disk, and send it again', { cause })
  }
}
