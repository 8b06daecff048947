import { DurableObject } from 'cloudflare:workers'
import { type EdgeConfig, type EdgeSource, type EdgeTransform, edgeConfigSchema } from '#core/event/edge-config.ts'
import type { EdgePlan } from '#core/event/plan/plan.ts'
import type { Environment } from './env.ts'
import { Gate } from './gate.ts'

export interface Published {
  /** Counts publications; 0 before the first. */
  version: number
  config: EdgeConfig
}

/** As it is kept, and crosses to an isolate: the config is text, for its types are more than what a call may carry. */
export interface Stored {
  version: number
  config: string
}

/** Throws when an earlier collector took what this one does not know. */
export function publishedOf({ version, config }: Stored): Published {
  return { version, config: edgeConfigSchema.parse(JSON.parse(config)) }
}

/** Keeps what was published last. */
export class Publication extends DurableObject<Environment> {
  constructor(ctx: DurableObjectState, env: Environment) {
    super(ctx, env)
    ctx.storage.sql.exec(
      'CREATE TABLE IF NOT EXISTS publication (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL, config TEXT NOT NULL)',
    )
  }

  /** What is published; undefined when that is `version` still. */
  read(version?: number): Stored | undefined {
    const row = this.ctx.storage.sql.exec<{ version: number; config: string }>('SELECT version, config FROM publication').toArray()[0]
    if (row === undefined) return version === 0 ? undefined : { version: 0, config: '{"sources":[],"destinations":[]}' }
    return row.version === version ? undefined : row
  }

  /** @returns its version */
  write(config: string): number {
    const version = (this.read()?.version ?? 0) + 1
    this.ctx.storage.sql.exec(
      'INSERT INTO publication (id, version, config) VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET version = excluded.version, config = excluded.config',
      version,
      config,
    )
    return version
  }
}

interface Reader {
  read(version?: number): Promise<Stored | undefined>
}

/** How long an isolate goes by what it has read, in milliseconds; and how soon an unknown key may make it read again. */
const freshFor = 10_000
const unknownKeyEvery = 500
/** A key can be written in many ways. */
const maxCredentials = 1000

/** What an isolate remembers of the publication, so that a request needs no call. */
export class Sources {
  #version: number | undefined
  #byKey = new Map<string, EdgeSource>()
  #byName = new Map<string, EdgeSource>()
  #byCredentials = new Map<string, EdgeSource>()
  #gates = new WeakMap<EdgeSource, Gate>()
  #transforms = new WeakMap<EdgeSource, readonly EdgeTransform[]>()
  #firstPartyPaths: ReadonlySet<string> = new Set()
  #plans = new Map<string, EdgePlan>()
  #readAt = -Infinity

  /** The tracking plan of a source: the same object until it changes. */
  planOf({ plan }: EdgeSource): EdgePlan | undefined {
    return plan === undefined ? undefined : this.#plans.get(plan)
  }

  /** Paths under which sources have their browser SDK, as far as read. */
  get firstPartyPaths(): ReadonlySet<string> {
    return this.#firstPartyPaths
  }

  /** @param source as `byKey` or `byName` gave it, also if another publication has come since */
  gateOf(source: EdgeSource): Gate {
    return this.#gates.get(source)!
  }

  /** The transforms of a source, in order; undefined when it has none. */
  transformsOf(source: EdgeSource): readonly EdgeTransform[] | undefined {
    return source.transforms.length === 0 ? undefined : this.#transforms.get(source)
  }

  /** Reads the publication unless that was done a short while ago. */
  async refresh(reader: () => Reader, now: number): Promise<void> {
    if (now - this.#readAt > freshFor) await this.#read(reader, now)
  }

  /** The source of an Authorization header that was `remember`ed: to decode it each time takes as long as to parse an event. */
  recalled(credentials: string, now: number): EdgeSource | undefined {
    return now - this.#readAt > freshFor ? undefined : this.#byCredentials.get(credentials)
  }

  remember(credentials: string, source: EdgeSource): void {
    if (this.#byCredentials.size >= maxCredentials) this.#byCredentials.clear()
    // One that came with an earlier publication is no longer to be recalled.
    if (this.#byKey.get(source.write_key) === source) this.#byCredentials.set(credentials, source)
  }

  async byKey(key: string, reader: () => Reader, now: number): Promise<EdgeSource | undefined> {
    if (now - this.#readAt > freshFor) await this.#read(reader, now)
    if (!this.#byKey.has(key) && now - this.#readAt > unknownKeyEvery) await this.#read(reader, now)
    return this.#byKey.get(key)
  }

  async byName(name: string, reader: () => Reader, now: number): Promise<EdgeSource | undefined> {
    if (now - this.#readAt > freshFor) await this.#read(reader, now)
    if (!this.#byName.has(name) && now - this.#readAt > unknownKeyEvery) await this.#read(reader, now)
    return this.#byName.get(name)
  }

  /** Takes a publication. */
  take({ version, config }: Published, now: number): void {
    this.#version = version
    this.#byKey = new Map(config.sources.map((source) => [source.write_key, source]))
    this.#byName = new Map(config.sources.map((source) => [source.name, source]))
    this.#byCredentials.clear()
    const transforms = new Map(config.transforms.map((transform) => [transform.name, transform]))
    for (const source of config.sources) {
      this.#gates.set(source, new Gate(source, now))
      this.#transforms.set(
        source,
        source.transforms.map((name) => transforms.get(name)!),
      )
    }
    this.#firstPartyPaths = new Set(config.sources.flatMap((source) => (source.kind === 'sdk' ? [source.first_party.path] : [])))
    this.#plans = new Map(config.plans.map((plan) => [plan.name, this.#known(plan)]))
    this.#readAt = now
  }

  /** What is made of a plan is kept by it, so one of the same version stays. */
  #known(plan: EdgePlan): EdgePlan {
    const known = this.#plans.get(plan.name)
    return known?.version === plan.version ? known : plan
  }

  async #read(reader: () => Reader, now: number): Promise<void> {
    const published = await reader().read(this.#version)
    if (published === undefined) this.#readAt = now
    else this.take(publishedOf(published), now)
  }
}
