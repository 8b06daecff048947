import type { MillraceError } from '../lib/error.ts'
import { sha256 } from './message-id.ts'
import { wellFormed } from './rows.ts'
import { idText } from './schema.ts'
import { storyOf } from './transform.ts'

/** What of a refused payload is kept, in characters. */
const maxPayload = 256 * 1024
/** What of the reason is kept, in characters: a stack that a transform made may have any size. */
const maxMessage = 8 * 1024

/** A refused event as one line of JSONEachRow for `events.rejected`. The same event refused again makes the same row. */
export async function rejectedLine(source: string, raw: unknown, error: MillraceError, receivedAt: number): Promise<string> {
  const payload = wellFormed(stringify(raw))
  const fields = typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>) : {}
  return JSON.stringify({
    source,
    reason: error.code,
    id: (await sha256(`${source}\n${error.code}\n${payload}`)).slice(0, 40),
    received_at: new Date(receivedAt).toISOString(),
    path: (error.at?.field ?? '').toWellFormed(),
    message: storyOf(error).slice(0, maxMessage).toWellFormed(),
    type: typeof fields['type'] === 'string' ? fields['type'].slice(0, 100).toWellFormed() : '',
    event_text: typeof fields['event'] === 'string' ? fields['event'].slice(0, 1000).toWellFormed() : '',
    message_id: (idText(fields['messageId']) ?? '').slice(0, 1000).toWellFormed(),
    payload: payload.slice(0, maxPayload).toWellFormed(),
    payload_bytes: new TextEncoder().encode(payload).length,
  })
}

/** A row of `events.all` that the warehouse would not store, for `events.rejected`. */
export async function refusedLine(line: string, error: MillraceError, receivedAt: number): Promise<string> {
  let raw: unknown = line
  try {
    raw = JSON.parse(line)
  } catch {
    // Kept as the text it is.
  }
  const row = (typeof raw === 'object' && raw !== null ? raw : {}) as Record<string, unknown>
  const known = { type: row['type'], event: row['event_text'], messageId: row['message_id'] }
  const rejected = JSON.parse(await rejectedLine(String(row['source'] ?? ''), known, error, receivedAt)) as Record<string, unknown>
  return JSON.stringify({
    ...rejected,
    payload: line.slice(0, maxPayload).toWellFormed(),
    payload_bytes: new TextEncoder().encode(line).length,
  })
}

/** JSON.stringify recurses, and a hostile nesting exhausts the stack. */
function stringify(raw: unknown): string {
  try {
    return JSON.stringify(raw) ?? 'null'
  } catch {
    return '"(nested too deeply to keep)"'
  }
}
