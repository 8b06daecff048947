import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { z } from 'zod'
import { MillraceError } from '#core/lib/error.ts'

/** A state as `source read` and `source state export` print it, and as --state and `source state set --from` take it. */
export const stateLineSchema = z.object({
  type: z.literal('state'),
  stream: z.string().min(1).describe('Name of the stream.'),
  state: z
    .json()
    .refine((state): boolean => state !== null, 'null is no state')
    .describe("The source's own; everything before it is read."),
})
export type StateLine = z.infer<typeof stateLineSchema>

const anyLineSchema = z.looseObject({ type: z.string() })

/**
 * The last state of each stream among JSON lines; other lines (records, results) are passed over, so that the output of
 * a read continues it. Line by line: the file may hold all the records too. Throws `invalid-state` (config) with the line.
 */
export async function readStateLines(file: string, stdin: Readable): Promise<Map<string, StateLine>> {
  const input = file === '-' ? stdin : createReadStream(file)
  const states = new Map<string, StateLine>()
  let number = 0
  try {
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      number++
      if (text.trim() === '') continue
      const line = parseLine(text)
      if (line === undefined) throw invalidState(file, number, 'It is no JSON line with a "type".')
      if (line.type !== 'state') continue
      const state = stateLineSchema.safeParse(line)
      if (!state.success) throw invalidState(file, number, `It is no state: ${z.prettifyError(state.error)}`)
      states.set(state.data.stream, state.data)
    }
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === undefined || thrown instanceof MillraceError) throw thrown
    throw new MillraceError({ code: 'file-unreadable', fault: 'config', message: `${file} cannot be read.`, cause: thrown })
  }
  return states
}

function parseLine(text: string): { type: string } | undefined {
  try {
    return anyLineSchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

function invalidState(file: string, line: number, message: string): MillraceError {
  return new MillraceError({
    code: 'invalid-state',
    fault: 'config',
    message,
    at: { file, line },
    mend: 'A state is a line such as {"type":"state","stream":"orders","state":{"updated_at":"2026-01-31"}}.',
  })
}
