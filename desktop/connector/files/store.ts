import type { Runtime } from '#core/lib/runtime.ts'
import type { Config } from './config.ts'
import { diskStore } from './disk.ts'
import { httpStore } from './http.ts'
import { s3Store } from './s3.ts'
import type { FileStore } from './stored-file.ts'

/** The store at the settings' location, and what its files are named by. */
export function openStore(config: Config, runtime: Runtime): FileStore {
  if (config.location.startsWith('s3://')) return s3Store(config.location, config.s3, runtime)
  if (/^https?:\/\//.test(config.location)) return httpStore(config.location, config.http.headers, runtime)
  return diskStore(config.location)
}
