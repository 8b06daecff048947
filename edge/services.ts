import { type Environment, type Settings, settingsSchema } from './env.ts'
import { type Publication, Sources } from './publication.ts'
import { Gatherer } from './spool/gather.ts'
import type { Spool } from './spool/spool.ts'

/** The types of the Hono app. */
export interface App {
  Bindings: Bindings
  Variables: Services
}

export interface Bindings extends Environment {
  SPOOL: DurableObjectNamespace<Spool>
  PUBLICATION: DurableObjectNamespace<Publication>
}

/** What a request is served with. */
export interface Services extends Shared {
  spool: DurableObjectStub<Spool>
  publication: DurableObjectStub<Publication>
}

/** What the requests of one isolate share. */
interface Shared {
  settings: Settings
  sources: Sources
  gatherer: Gatherer
}

export function createShared(env: Environment): Shared {
  return { settings: settingsSchema.parse(env), sources: new Sources(), gatherer: new Gatherer() }
}
