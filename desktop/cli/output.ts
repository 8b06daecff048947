import type { ErrorData } from '#core/lib/error.ts'
import { formatError } from '#core/lib/error.ts'

/** How a verb speaks: to a person at a terminal, to a pipe, or (`--json`) to a program, one JSON line at a time. */
export interface Output {
  json: boolean
  /** A person sees it as it happens. */
  interactive: boolean
  /** The outcome: data for programs, text for people. Goes to stdout. */
  result(data: object, text: string): void
  /** One of many items of data: a JSON line on stdout, in every form. Resolves when there is room for the next. */
  item(data: object): Promise<void>
  /** What is going on. On a terminal a line that is overwritten, elsewhere a line each, on stderr; with `--json` a line on stdout. */
  progress(data: object, text: string): void
  /** Something to know besides: stays on the screen. */
  note(text: string): void
  error(error: ErrorData): void
}

interface Stream {
  /** False when what was written waits. */
  write(text: string): unknown
  once(event: 'drain', listener: () => void): unknown
  isTTY?: boolean
  columns?: number
}

export function createOutput(json: boolean, stdout: Stream, stderr: Stream): Output {
  const interactive = !json && stderr.isTTY === true
  let open = false
  let last = ''
  const clear = () => {
    if (open) stderr.write('\r\u001B[2K')
    open = false
  }
  const line = (data: object) => stdout.write(JSON.stringify(data) + '\n')
  return {
    json,
    interactive,
    result(data, text) {
      clear()
      if (json) line({ type: 'result', ...data })
      else stdout.write(text === '' || text.endsWith('\n') ? text : text + '\n')
    },
    async item(data) {
      clear()
      if (line(data) === false) await new Promise<void>((resolve) => stdout.once('drain', resolve))
    },
    progress(data, text) {
      if (json) return void line({ type: 'progress', ...data })
      if (text === last) return
      last = text
      clear()
      stderr.write(interactive ? text.slice(0, (stderr.columns ?? 80) - 1) : text + '\n')
      open = interactive
    },
    note(text) {
      clear()
      if (json) line({ type: 'note', text })
      else stderr.write(text + '\n')
    },
    error(error) {
      clear()
      if (json) line({ type: 'error', error })
      else stderr.write(formatError(error) + '\n')
    },
  }
}

/** Rows as columns of text; numbers to the right. */
export function formatTable(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [header, ...rows].map((row) => row.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en-US') : cell)))
  const widths = header.map((_, index) => Math.max(...cells.map((row) => row[index]!.length)))
  return cells
    .map((row, line) =>
      row
        .map((cell, index) =>
          line > 0 && typeof rows[line - 1]![index] === 'number' ? cell.padStart(widths[index]!) : cell.padEnd(widths[index]!),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
