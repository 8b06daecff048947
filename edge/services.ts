import { Acceptor } from '#core/event/accept.ts'
import { type Environment, type Settings, settingsSchema } from './env.ts'
import { type Publication, Sources } from './publication.ts'
import { Refusals } from './refusals.ts'
import { Gatherer } from './spool/gather.ts'
import type { Spool } from './spool/spool.ts'

/** The types of the Hono app. */
export interface App {
  Bindings: Bindings
  Variables: { services: Services }
}

export interface Bindings extends Environment {
  SPOOL: DurableObjectNamespace<Spool>
  PUBLICATION: DurableObjectNamespace<Publication>
}

/** What the requests of one isolate share. */
export interface Services {
  settings: Settings
  sources: Sources
  acceptor: Acceptor
  gatherer: Gatherer
  refusals: Refusals
}

/** One request, and what it is served with. */
export interface Visit {
  request: Request
  /** The address as requested. */
  url: string
  env: Bindings
  context: Pick<ExecutionContext, 'waitUntil'>
  services: Services
}

export function createServices(env: Environment): Services {
  return {
    settings: settingsSchema.parse(env),
    sources: new Sources(),
    acceptor: new Acceptor(),
    gatherer: new Gatherer(),
    refusals: new Refusals(),
  }
}

// A stub belongs to the request that made it; an id is a hash of a name, and for ever.
let spoolId: DurableObjectId | undefined

export function spoolOf(env: Bindings): DurableObjectStub<Spool> {
  spoolId ??= env.SPOOL.idFromName('spool')
  return env.SPOOL.get(spoolId)
}

export function publicationOf(env: Bindings): DurableObjectStub<Publication> {
  return env.PUBLICATION.get(env.PUBLICATION.idFromName('publication'))
}
