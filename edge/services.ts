import { Sources } from './publication.ts'
import { type Bindings, type Settings, settingsSchema } from './env.ts'
import { Gatherer } from './spool/gather.ts'

/** What the routes of one isolate share. */
export interface Services {
  settings: Settings
  sources: Sources
  gatherer: Gatherer
  spool: DurableObjectStub<import('./spool/spool.ts').Spool>
  publication: DurableObjectStub<import('./publication.ts').Publication>
}

/** Made once an isolate, from its first request's environment. */
export function createServices(env: Bindings): Omit<Services, 'spool' | 'publication'> {
  return { settings: settingsSchema.parse(env), sources: new Sources(), gatherer: new Gatherer() }
}
