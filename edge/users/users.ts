import { DurableObject } from 'cloudflare:workers'
import type { UserIds } from '#core/event/user-ids.ts'
import { type ErrorData, MillraceError, toMillraceError } from '#core/lib/error.ts'
import { backoffDelay } from '#core/lib/retry.ts'
import { type Runtime, systemClock } from '#core/lib/runtime.ts'
import { Alarm } from '../alarm.ts'
import { type Environment, type Settings, settingsSchema } from '../env.ts'
import { log } from '../log.ts'
import { type Publication, publishedOf } from '../publication.ts'
import { shardName } from '../spool/shard.ts'
import type { Spool } from '../spool/spool.ts'
import { createEdgeWarehouse } from '../warehouse.ts'
import { type DeletingSpool, proceed } from './deleter.ts'
import { type Deletion, DeletionStore } from './deletion-store.ts'
import { type Changes, mostSuppressed, type Suppression, SuppressionList } from './suppression-list.ts'

interface UsersEnvironment extends Environment {
  SPOOL: DurableObjectNamespace<Spool>
  PUBLICATION: DurableObjectNamespace<Publication>
}

type Asked<Answer extends object> = ({ ok: true } & Answer) | { ok: false; error: ErrorData }

const retries = { attempts: Infinity, baseDelay: 1000, maxDelay: 300_000 }

/** Who is suppressed, and deletions, which it carries out by its alarm. There is one. */
export class Users extends DurableObject<UsersEnvironment> {
  readonly #settings: Settings
  readonly #list: SuppressionList
  readonly #deletions: DeletionStore
  readonly #runtime: Runtime
  readonly #alarm: Alarm

  constructor(ctx: DurableObjectState, env: UsersEnvironment) {
    super(ctx, env)
    this.#settings = settingsSchema.parse(env)
    this.#list = new SuppressionList(ctx.storage)
    this.#deletions = new DeletionStore(ctx.storage)
    const signal = new AbortController().signal
    this.#runtime = { fetch: (input, init) => fetch(input, init), clock: systemClock, random: Math.random, log, signal }
    this.#alarm = new Alarm(ctx.storage)
    // An alarm does not outlive a killed workerd.
    this.#arm()
  }

  /** Called when the collector starts: what was not done goes on. */
  wake(): void {}

  suppress(users: UserIds): Asked<{ added: number; count: number }> {
    const added = this.#list.add(users, Date.now())
    return added === undefined ? { ok: false, error: tooMany() } : { ok: true, added, count: this.#list.count() }
  }

  release(users: UserIds): Asked<{ removed: number; count: number }> {
    const asked = new Set([...users.userIds, ...users.anonymousIds])
    const pending = this.#deletions.pending().find((deletion) => idsOf(deletion).some((id) => asked.has(id)))
    if (pending !== undefined) return { ok: false, error: isBeingDeleted(pending) }
    return { ok: true, removed: this.#list.remove(users, Date.now()), count: this.#list.count() }
  }

  suppressions(limit: number): { count: number; suppressions: Suppression[] } {
    return { count: this.#list.count(), suppressions: this.#list.list(limit) }
  }

  /** Of these, those that are suppressed. */
  find({ userIds, anonymousIds }: UserIds): Suppression[] {
    const of = (kind: Suppression['kind'], ids: readonly string[]) =>
      ids.flatMap((id): Suppression[] => {
        const since = this.#list.since(kind, id)
        return since === undefined ? [] : [{ kind, id, since }]
      })
    return [...of('user', userIds), ...of('anonymous', anonymousIds)]
  }

  /** What has changed since a version of the list. */
  changes(after: number): Changes | undefined {
    return this.#list.changes(after)
  }

  /** Suppresses users, and deletes what there is of them. */
  async delete(users: UserIds): Promise<Asked<{ deletion: Deletion }>> {
    const now = Date.now()
    if (this.#list.add(users, now) === undefined) return { ok: false, error: tooMany() }
    const deletion = this.#deletions.add(users, now, now + this.#settings.SUPPRESSION_DELAY_MS)
    this.#arm()
    return { ok: true, deletion }
  }

  deletion(id: string): Deletion | undefined {
    return this.#deletions.get(id)
  }

  deletions(limit: number): Deletion[] {
    return this.#deletions.list(limit)
  }

  override async alarm(): Promise<void> {
    this.#alarm.goesOff()
    for (const deletion of this.#deletions.pending()) {
      if (deletion.nextAt! > Date.now()) break
      await this.#proceed(deletion)
    }
    this.#arm()
  }

  async #proceed(deletion: Deletion): Promise<void> {
    const { SPOOL, PUBLICATION } = this.env
    const { SPOOL_SHARDS, SUPPRESSION_DELAY_MS, WAREHOUSE_URL: url, WAREHOUSE_USER: user, WAREHOUSE_PASSWORD: password } = this.#settings
    try {
      const next = await proceed(deletion, {
        spools: () =>
          Array.from({ length: SPOOL_SHARDS }, (_, index) => SPOOL.get(SPOOL.idFromName(shardName(index))) as unknown as DeletingSpool),
        warehouse: createEdgeWarehouse({ url, user, password }, (address, init) => fetch(address, init)),
        destinations: async () => publishedOf((await PUBLICATION.get(PUBLICATION.idFromName('publication')).read())!).config.destinations,
        runtime: this.#runtime,
        delay: SUPPRESSION_DELAY_MS,
      })
      this.#deletions.write(next)
      if (next.state === 'done') log('info', 'Users were deleted.', { deletion: next.id, rows: next.rows })
    } catch (thrown) {
      const error = toMillraceError(thrown)
      const failures = deletion.failures + 1
      const delay = Math.ceil(250 + backoffDelay(retries, failures, Math.random, error.retryAfter))
      log('warn', 'A deletion has failed; it will be tried again.', {
        deletion: deletion.id,
        state: deletion.state,
        code: error.code,
        failures,
      })
      this.#deletions.write({ ...deletion, failures, lastError: error.toJSON(), nextAt: Date.now() + delay })
    }
  }

  #arm(): void {
    const dueAt = this.#deletions.dueAt()
    if (dueAt !== undefined) this.#alarm.setBy(dueAt)
  }
}

function idsOf({ users: { userIds, anonymousIds } }: Deletion): string[] {
  return [...userIds, ...anonymousIds]
}

function tooMany(): ErrorData {
  const message = `More than ${mostSuppressed} ids cannot be suppressed at once.`
  const mend = 'Release users who have left long ago: DELETE /admin/suppressions.'
  return new MillraceError({ code: 'too-many-suppressed', fault: 'config', message, mend }).toJSON()
}

function isBeingDeleted({ id }: Deletion): ErrorData {
  const message = `The deletion ${id} of these users is not done: until then their events are not taken.`
  return new MillraceError({ code: 'deletion-pending', fault: 'config', message }).toJSON()
}
