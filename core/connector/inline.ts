import { z } from 'zod'
import type { Source } from './source.ts'

/**
 * Settings whose field is marked `.meta({ file: true })` may hold the path of a file (one line that
 * ends in .yaml, .yml or .json) instead of its text: a connector has no file system. The host calls
 * this before it uses a source, with a `readFile` that takes paths within the stack.
 */
export async function inlineFiles(
  source: Pick<Source, 'config'>,
  config: Record<string, unknown>,
  readFile: (path: string) => Promise<string>,
): Promise<Record<string, unknown>> {
  const fields = source.config instanceof z.ZodObject ? Object.entries<z.ZodType>(source.config.shape) : []
  const inlined = { ...config }
  for (const [name, field] of fields) {
    const value = inlined[name]
    if (field.meta()?.file !== true || typeof value !== 'string') continue
    const path = value.trim()
    if (/^[^\n]+\.(ya?ml|json)$/.test(path)) inlined[name] = await readFile(path)
  }
  return inlined
}
