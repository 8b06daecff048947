import { exports } from 'cloudflare:workers'
import type { EdgeTransform } from '#core/event/edge-config.ts'
import { errorSchema, linesSchema, type Ran, type Sandbox } from './ran.ts'
import guest from './guest.js' with { type: 'text' }

/** What a batch may become, in bytes. */
const maxResult = 8 * 1024 * 1024

/**
 * Runs a transform in an isolate of its own, one a version, made by a Worker Loader
 * (developers.cloudflare.com/dynamic-workers): no bindings, no way out but to granted hosts.
 */
export function loadedSandbox(loader: WorkerLoader): Sandbox {
  return async (transform, input) => {
    const abort = new AbortController()
    const timer = setTimeout(() => abort.abort(), transform.timeout_ms)
    try {
      const entry = loader.get(transform.hash, () => worker(transform)).getEntrypoint()
      const call = entry.fetch('http://transform/', { method: 'POST', body: input, signal: abort.signal })
      return await Promise.race([call.then(read), aborted(abort.signal)])
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : String(thrown)
      return isTimeout(message) ? { kind: 'timeout' } : { kind: 'failed', message, logs: [] }
    } finally {
      clearTimeout(timer)
    }
  }
}

function worker({ code, fetch, timeout_ms }: EdgeTransform): WorkerLoaderWorkerCode {
  const { Outbound } = exports as unknown as { Outbound: (options: { props: { hosts: readonly string[] } }) => Fetcher }
  return {
    compatibilityDate: '2026-11-01',
    compatibilityFlags: ['no_nodejs_compat'],
    mainModule: 'guest.js',
    modules: { 'guest.js': guest, 'transform.js': code },
    env: {},
    globalOutbound: fetch.length === 0 ? null : Outbound({ props: { hosts: fetch } }),
    limits: { cpuMs: timeout_ms, subRequests: 50 },
  }
}

async function read(response: Response): Promise<Ran> {
  const text = await readUpTo(response, maxResult)
  if (text === undefined) return { kind: 'failed', message: `What it returned is larger than ${maxResult} bytes.`, logs: [] }
  const end = text.indexOf('\n')
  const logs = linesSchema.parse(JSON.parse(text.slice(0, end)))
  const rest = text.slice(end + 1)
  return response.status === 200 ? { kind: 'done', result: rest, logs } : { kind: 'failed', ...errorSchema.parse(JSON.parse(rest)), logs }
}

async function readUpTo(response: Response, limit: number): Promise<string | undefined> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > limit) return undefined
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

function aborted(signal: AbortSignal): Promise<Ran> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve({ kind: 'timeout' }), { once: true }))
}

/** Cloudflare's words for a Worker over its CPU time, and workerd's for one that waits for what never comes. */
function isTimeout(message: string): boolean {
  return /exceeded.*(cpu|time) limit|code had hung|operation was aborted/i.test(message)
}
