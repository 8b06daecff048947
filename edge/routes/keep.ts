import type { Acceptance } from '#core/event/accept.ts'
import { spoolOf, type Visit } from '../services.ts'
import type { Settings } from '../env.ts'
import type { Appended } from '../spool/spool.ts'

/** Puts what was accepted and what was rejected into the spool; resolves once it is durable. */
export function keep({ env, context, services }: Visit, source: string, { lines, rejected, seen }: Acceptance): Promise<Appended> {
  if (lines.length === 0 && rejected.length === 0) return Promise.resolve({ ok: true })
  return services.gatherer.add(
    { source, lines, rejected, seen },
    () => spoolOf(env),
    (work) => context.waitUntil(work),
  )
}

/** The sender's address as the proxy before us tells it; with several, the first is the sender's. */
export function clientIp(request: Request, settings: Settings): string | undefined {
  const ip = request.headers.get(settings.CLIENT_IP_HEADER)?.split(',')[0]?.trim()
  return ip && ip.length <= 45 && /^[\da-fA-F.:]+$/.test(ip) ? ip : undefined
}
