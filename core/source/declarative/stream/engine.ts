import type { JsonObject } from '../../../lib/json.ts'
import type { CustomPlace } from '../custom.ts'
import type { Http } from '../http/http.ts'
import type { Context } from '../interpolation.ts'

/** What reading a manifest's streams needs, whatever the stream. */
export interface Engine extends Http {
  config: JsonObject
  /** JSON Schemas that the manifest leaves to files: by stream name, or by the file's path. */
  schemas: Readonly<Record<string, JsonObject>>
  /** Partitions and intervals read at once, and asynchronous jobs of the API at once. */
  concurrency: number
  jobs: number
}

export function customPlace(component: Readonly<Record<string, unknown>>, context: Context, engine: Engine): CustomPlace {
  return { component, config: engine.config, context, runtime: engine.runtime }
}
