import type { EdgeTransform } from '#core/event/edge-config.ts'
import { MillraceError } from '#core/lib/error.ts'
import type { Input, Ran, Sandbox } from './ran.ts'

/** The `fetch` of a service. */
export interface Service {
  fetch(url: string, init: { method: string; body?: string; signal?: AbortSignal }): Promise<Response>
}

/** What the sandbox may take beyond the transform's own time before it counts as hung, in milliseconds. */
const grace = 750
/** How long a version that hung or ended the sandbox is not tried again, in milliseconds. */
const benchedFor = 30_000

/**
 * The sandbox in a process of its own (`sandbox-worker.ts`), which its keeper (`serve/sandbox-keeper.ts`) starts when it is
 * first needed, and again when a transform hung or ended it:
 *
 *     together ──lost──▶ alone ──lost──▶ benched for 30 s
 *        ▲                 │ done            │
 *        └─────────────────┴─────────────────┘
 *
 * Who of those that ran together did it is not known, so each is run again with nobody beside it, and what is lost then is
 * the transform's own doing: its version is benched, so that it takes the others' time once and not for each request.
 */
export class RemoteSandbox {
  readonly #sandbox: Service
  readonly #keeper: Service
  #generation: Promise<number> | undefined
  /** Those that run alone, one after the other; new ones wait for them. */
  #lane: Promise<unknown> | undefined
  readonly #benched = new Map<string, { until: number; ran: Ran }>()

  constructor(sandbox: Service, keeper: Service) {
    this.#sandbox = sandbox
    this.#keeper = keeper
  }

  readonly run: Sandbox = async (transform, input) => {
    const benched = this.#benchedNow(transform)
    if (benched !== undefined) return benched
    while (this.#lane !== undefined) await this.#lane
    const ran = await this.#try(transform, input)
    return ran.kind === 'lost' ? this.#alone(transform, input) : ran
  }

  /** Has the sandbox started, for a first batch to find it running. */
  async warm(): Promise<void> {
    await (this.#generation ??= this.#ask('/start'))
  }

  #alone(transform: EdgeTransform, input: Input): Promise<Ran> {
    const before = this.#lane
    const turn = (async () => {
      await before
      const benched = this.#benchedNow(transform)
      if (benched !== undefined) return benched
      const ran = await this.#try(transform, input)
      return ran.kind === 'lost' ? this.#bench(transform, ran.how) : ran
    })()
    const lane = turn.catch(() => undefined).then(() => void (this.#lane === lane && (this.#lane = undefined)))
    this.#lane = lane
    return turn
  }

  async #try(transform: EdgeTransform, input: Input): Promise<Ran | { kind: 'lost'; how: 'hung' | 'ended' }> {
    const generation = await (this.#generation ??= this.#ask('/start'))
    const signal = AbortSignal.timeout(transform.timeout_ms + grace)
    const call = async (method: string, body: string) => {
      const response = await this.#sandbox.fetch(`http://sandbox/transform/${transform.hash}`, { method, body, signal })
      return { status: response.status, text: await response.text() }
    }
    try {
      let answer = await call('POST', input)
      if (answer.status === 404) {
        await call('PUT', JSON.stringify(transform))
        answer = await call('POST', input)
      }
      if (answer.status === 200) return { kind: 'done', result: answer.text, logs: [] }
      if (answer.status === 202) return JSON.parse(answer.text) as Ran
    } catch {
      // It hangs, or is gone: told by the clock below.
    }
    const how = signal.aborted ? 'hung' : 'ended'
    const replaced = this.#ask(`/replace?generation=${generation}`)
    this.#generation = replaced
    await replaced
    return { kind: 'lost', how }
  }

  #bench(transform: EdgeTransform, how: 'hung' | 'ended'): Ran {
    const until = Date.now() + benchedFor
    const message = `It took more memory than a sandbox has, and ended it. This version is not run again before ${new Date(until).toISOString()}.`
    const ran: Ran = how === 'hung' ? { kind: 'timeout' } : { kind: 'failed', message, logs: [] }
    this.#benched.set(transform.hash, { until, ran })
    return ran
  }

  #benchedNow({ hash }: EdgeTransform): Ran | undefined {
    const benched = this.#benched.get(hash)
    if (benched === undefined) return undefined
    if (Date.now() < benched.until) return benched.ran
    this.#benched.delete(hash)
    return undefined
  }

  /** Resolves to the generation of the sandbox that runs now. Throws `transform-unavailable`. */
  async #ask(path: string): Promise<number> {
    try {
      const response = await this.#keeper.fetch(`http://keeper${path}`, { method: 'POST' })
      const text = await response.text()
      if (!response.ok) throw new Error(text)
      return (JSON.parse(text) as { generation: number }).generation
    } catch (cause) {
      this.#generation = undefined
      const message = `There is no sandbox for transforms now: ${cause instanceof Error ? cause.message : String(cause)}`
      throw new MillraceError({ code: 'transform-unavailable', fault: 'transient', message, cause, retryAfter: 10 })
    }
  }
}
