import { MillraceError } from '#core/lib/error.ts'

/** A file as its store listed it: one version of it. */
export interface StoredFile {
  /** Its path within the location, with /. */
  name: string
  /** In bytes; undefined where the store does not say. */
  size: number | undefined
  /** Milliseconds since the epoch; undefined where the store does not say. */
  modifiedAt: number | undefined
  /** Changes with the content, as far as the store can tell; undefined where it tells nothing. */
  version: string | undefined
}

/** A part of a file on its way. */
export interface FilePart {
  /** Where its bytes begin in the file: as asked for, or 0 where the store sends files whole only. */
  start: number
  /** Size of the file in bytes, where it is known. */
  size: number | undefined
  bytes: AsyncIterable<Uint8Array>
}

/** A place that holds files of one stream. `open` takes what `list` gave. Failures are thrown as MillraceErrors; those that may pass are `retryable`. */
export interface FileStore {
  /** The files that match one of the patterns, each once, in no order. */
  list(patterns: readonly string[], signal: AbortSignal): Promise<StoredFile[]>
  /** The file's bytes from `start` to `end` (exclusive). Throws `file-changed` when it is no longer the version given. */
  open(file: StoredFile, start: number, end: number | undefined, signal: AbortSignal): Promise<FilePart>
}

/** The file is no longer what was listed. The stream may be read again, this file may not be gone on with. */
export function fileChanged(name: string): MillraceError {
  return new MillraceError({
    code: 'file-changed',
    fault: 'transient',
    message: `${name} was changed while it was being read.`,
    mend: 'Run the source again once the file is whole; write files under another name and rename them when they are.',
  })
}

export function fileGone(name: string, cause?: unknown): MillraceError {
  return new MillraceError({
    code: 'file-gone',
    fault: 'config',
    message: `${name} is not there.`,
    mend: 'Correct location and files.',
    cause,
  })
}

export function noAccess(name: string, cause?: unknown): MillraceError {
  return new MillraceError({
    code: 'no-access',
    fault: 'config',
    message: `${name} may not be read.`,
    mend: 'Check the permissions, and the credentials in the settings of the source.',
    cause,
  })
}
