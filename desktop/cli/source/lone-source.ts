import { readFile } from 'node:fs/promises'
import { parseDocument } from 'yaml'
import { z } from 'zod'
import type { Source } from '#core/connector/source.ts'
import { MillraceError, toMillraceError } from '#core/lib/error.ts'
import type { JsonObject } from '#core/lib/json.ts'
import { type Runtime, systemClock } from '#core/lib/runtime.ts'
import { createRedactor, type Redactor } from '#desktop/host/redact.ts'
import { sources } from '#desktop/connector/registry.ts'
import type { VerbContext } from '../verb.ts'
import { secretTexts } from './secret-text.ts'

/** A source by its manifest and settings, with no stack around it. */
export interface LoneSource {
  source: Source<any>
  config: unknown
  runtime: Runtime
  redactor: Redactor
}

/**
 * Reads the two files and checks the settings. What the source logs goes to the command's notes, without the secrets
 * that the manifest's spec marks. Throws `file-unreadable`, `invalid-config` (config).
 */
export async function openLoneSource(context: VerbContext, manifestFile: string, configFile: string | undefined): Promise<LoneSource> {
  const source = sources.find(({ name }) => name === 'declarative')!
  const manifest = await readText(manifestFile)
  const settings = configFile === undefined ? {} : await readSettings(configFile)
  const redactor = createRedactor()
  for (const secret of secretTexts(manifestSpec(manifest), settings)) redactor.add(secret)
  const parsed = source.config.safeParse({ manifest, config: settings })
  if (!parsed.success) {
    throw new MillraceError({
      code: 'invalid-config',
      fault: 'config',
      message: redactor.redact(`The settings are not right: ${z.prettifyError(parsed.error)}`),
      at: { file: configFile ?? manifestFile },
    })
  }
  const runtime: Runtime = {
    fetch: globalThis.fetch,
    clock: systemClock,
    random: Math.random,
    log: (level, message) => {
      if (level === 'warn' || level === 'error') context.output.note(redactor.redact(`${level}: ${message}`))
    },
    signal: context.signal,
  }
  return { source, config: parsed.data, runtime, redactor }
}

/** Runs `work`; an error that leaves it has no secret in it. */
export async function withoutSecrets<Value>(redactor: Redactor, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (thrown) {
    throw new MillraceError(redactor.redact(toMillraceError(thrown).toJSON()))
  }
}

/** Throws `file-unreadable` (config). */
export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (thrown) {
    const reason = (thrown as NodeJS.ErrnoException).code === 'ENOENT' ? 'is not there' : 'cannot be read'
    throw new MillraceError({ code: 'file-unreadable', fault: 'config', message: `${file} ${reason}.`, cause: thrown })
  }
}

const settingsSchema = z.record(z.string(), z.json())

/** Settings as a JSON or YAML object. */
async function readSettings(file: string): Promise<JsonObject> {
  const document = parseDocument(await readText(file))
  const [error] = document.errors
  const settings = error === undefined ? settingsSchema.safeParse(document.toJS()) : undefined
  if (settings?.success) return settings.data
  throw new MillraceError({
    code: 'invalid-config',
    fault: 'config',
    message: error === undefined ? 'The settings are no object.' : `The settings are no JSON or YAML: ${error.code}.`,
    at: { file, ...(error?.linePos === undefined ? {} : { line: error.linePos[0].line }) },
    mend: 'Write them as a JSON or YAML object, with the fields that the manifest’s spec asks for.',
  })
}

/** The JSON Schema of a manifest's settings; undefined where it has none, or is no manifest, which the source will tell. */
export function manifestSpec(manifest: string): object | undefined {
  const document = parseDocument(manifest)
  if (document.errors.length > 0) return undefined
  const spec: unknown = document.toJS()?.spec?.connection_specification
  return typeof spec === 'object' && spec !== null ? spec : undefined
}
