import { z } from 'zod'
import type { Source } from './source.ts'

/** How the host finds what settings name on its disk. */
export interface DiskAccess {
  /** The text of a file within the stack. */
  readFile: (path: string) => Promise<string>
  /** A path as the stack's folder has it: absolute. */
  resolvePath: (path: string) => string
}

/**
 * Settings that are about the disk as a connector takes them, which knows neither a file system nor the
 * stack's folder; the host calls this before it uses a source. A field marked `.meta({ file: true })` may
 * hold the path of a file (one line that ends in .yaml, .yml or .json) instead of its text, and gets the
 * text; one marked `.meta({ path: true })` that is not an address (`scheme://`) gets the absolute path.
 */
export async function inlineFiles(
  source: Pick<Source, 'config'>,
  config: Record<string, unknown>,
  disk: DiskAccess,
): Promise<Record<string, unknown>> {
  const fields = source.config instanceof z.ZodObject ? Object.entries<z.ZodType>(source.config.shape) : []
  const inlined = { ...config }
  for (const [name, field] of fields) {
    const value = inlined[name]
    if (typeof value !== 'string') continue
    const meta = field.meta()
    if (meta?.path === true && !/^[a-z][a-z\d+.-]*:\/\//i.test(value)) inlined[name] = disk.resolvePath(value)
    const path = value.trim()
    if (meta?.file === true && /^[^\n]+\.(ya?ml|json)$/.test(path)) inlined[name] = await disk.readFile(path)
  }
  return inlined
}
