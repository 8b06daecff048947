import { Acceptor } from '#core/event/accept.ts'
import { type Environment, type Settings, settingsSchema } from './env.ts'
import { type Publication, Sources } from './publication.ts'
import { Refusals } from './refusals.ts'
import { Gatherer } from './spool/gather.ts'
import { pickShard, shardName } from './spool/shard.ts'
import type { Spool } from './spool/spool.ts'
import { Chains, type TransformBindings } from './transform/chains.ts'
import { Suppressed } from './users/suppressed.ts'
import type { Users } from './users/users.ts'

/** The types of the Hono app. */
export interface App {
  Bindings: Bindings
  Variables: { services: Services }
}

export interface Bindings extends Environment, TransformBindings {
  SPOOL: DurableObjectNamespace<Spool>
  PUBLICATION: DurableObjectNamespace<Publication>
  USERS: DurableObjectNamespace<Users>
}

type Method =
  | 'append'
  | 'refused'
  | 'erase'
  | 'flushNow'
  | 'metrics'
  | 'configure'
  | 'deadLetters'
  | 'dropDead'
  | 'revive'
  | 'replay'
  | 'cancelReplays'

/** A spool seen from without: what it answers comes later. */
export type SpoolStub = { [Name in Method]: (...given: Parameters<Spool[Name]>) => Promise<Awaited<ReturnType<Spool[Name]>>> }

/** What the requests of one isolate share. */
export interface Services {
  settings: Settings
  sources: Sources
  acceptor: Acceptor
  gatherer: Gatherer
  refusals: Refusals
  suppressed: Suppressed
  chains: Chains
}

/** One request, and what it is served with. */
export interface Visit {
  request: Request
  /** The address as requested. */
  url: string
  env: Bindings
  context: Pick<ExecutionContext, 'waitUntil'>
  services: Services
  /** Name of the source that it is for, once that is known. */
  source?: string
}

export function createServices(env: Bindings): Services {
  const settings = settingsSchema.parse(env)
  return {
    settings,
    sources: new Sources(),
    acceptor: new Acceptor(),
    gatherer: new Gatherer(),
    refusals: new Refusals(),
    suppressed: new Suppressed(settings.SUPPRESSION_DELAY_MS / 4),
    chains: new Chains(env),
  }
}

// A stub belongs to the request that made it; an id is a hash of a name, and for ever.
let own: { id: DurableObjectId; hint: DurableObjectLocationHint | undefined } | undefined

/** The spool that this isolate appends to: the same one for as long as it lives. */
export function spoolOf(env: Bindings, { settings }: Services, request: Request): SpoolStub {
  if (own === undefined) {
    const { index, hint } = pickShard(settings.SPOOL_SHARDS, request.cf?.continent as string | undefined, Math.random)
    own = { id: env.SPOOL.idFromName(shardName(index)), hint }
  }
  const { id, hint } = own
  return (hint === undefined ? env.SPOOL.get(id) : env.SPOOL.get(id, { locationHint: hint })) as unknown as SpoolStub
}

/** All spools. */
export function spoolsOf(env: Bindings, services: Services): SpoolStub[] {
  return spoolObjects(env, services) as unknown as SpoolStub[]
}

/** All spools, to be asked by a request. */
export function spoolObjects(env: Bindings, { settings }: Services): Pick<DurableObjectStub, 'fetch'>[] {
  return Array.from({ length: settings.SPOOL_SHARDS }, (_, index) => env.SPOOL.get(env.SPOOL.idFromName(shardName(index))))
}

export function publicationOf(env: Bindings): DurableObjectStub<Publication> {
  return env.PUBLICATION.get(env.PUBLICATION.idFromName('publication'))
}

type UsersMethod = 'wake' | 'suppress' | 'release' | 'suppressions' | 'find' | 'changes' | 'delete' | 'deletion' | 'deletions'
type UsersStub = { [Name in UsersMethod]: (...given: Parameters<Users[Name]>) => Promise<Awaited<ReturnType<Users[Name]>>> }

export function usersOf(env: Bindings): UsersStub {
  return env.USERS.get(env.USERS.idFromName('users')) as unknown as UsersStub
}
