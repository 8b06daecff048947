import type { Runtime } from '#core/lib/runtime.ts'
import type { Config } from './config.ts'
import { diskStore } from './disk.ts'
import { httpStore } from './http.ts'
import type { FileStore } from './stored-file.ts'

/** The store at the settings' location. What only S3 takes is loaded for S3 alone: every command loads this file. */
export async function openStore(config: Config, runtime: Runtime): Promise<FileStore> {
  if (config.location.startsWith('s3://')) {
    const { s3Store } = await import('./s3.ts')
    return s3Store(config.location, config.s3, runtime)
  }
  if (/^https?:\/\//.test(config.location)) return httpStore(config.location, config.http.headers, runtime)
  return diskStore(config.location)
}
