import { z } from 'zod'
import { MillraceError } from '../../lib/error.ts'
import type { Manifest } from './manifest/read.ts'
import { faultsError, type StreamEntry } from './manifest/validate.ts'

const checkSchema = z.union([
  z.looseObject({
    type: z.literal('CheckStream'),
    stream_names: z.array(z.string()).default([]),
    dynamic_streams_check_configs: z
      .array(z.looseObject({ dynamic_stream_name: z.string(), stream_count: z.number().int().min(0).default(0) }))
      .default([]),
  }),
  z.looseObject({ type: z.literal('CheckDynamicStream'), stream_count: z.number().int().min(0) }),
])

/**
 * The streams that a check reads: those that CheckStream names, the first when it names none, and as many
 * of dynamic streams as CheckDynamicStream or `dynamic_streams_check_configs` say.
 */
export function checkedStreams(manifest: Manifest, entries: readonly StreamEntry[]): StreamEntry[] {
  const parsed = checkSchema.safeParse(manifest.check ?? { type: 'CheckStream' })
  if (!parsed.success) throw faultsError([{ path: 'check', reason: parsed.error.issues[0]!.message }])
  const check = parsed.data
  if (check.type === 'CheckDynamicStream') {
    return entries.filter(({ madeBy }) => madeBy !== undefined).slice(0, check.stream_count)
  }
  const unknown = check.stream_names.find((name) => !entries.some((entry) => entry.name === name))
  if (unknown !== undefined) throw faultsError([{ path: 'check.stream_names', reason: `there is no stream "${unknown}"` }])
  const named = entries.filter(({ name }) => check.stream_names.includes(name))
  const made = check.dynamic_streams_check_configs.flatMap(({ dynamic_stream_name: name, stream_count: count }) => {
    const own = entries.filter(({ madeBy }) => madeBy === name)
    if (own.length === 0) throw nothingMade(name)
    return own.slice(0, count)
  })
  const checked = [...named, ...made]
  return checked.length === 0 ? entries.slice(0, 1) : checked
}

function nothingMade(name: string): MillraceError {
  return new MillraceError({
    code: 'unknown-stream',
    fault: 'config',
    message: `The dynamic stream "${name}", which the check is to read, makes no stream.`,
    mend: 'Check what its components_resolver finds, and check.dynamic_streams_check_configs of the manifest.',
  })
}
