import type { Acceptance } from '#core/event/accept.ts'
import { spoolOf, type Visit } from '../services.ts'
import type { Appended } from '../spool/part.ts'

/** Puts what was accepted, what was rejected and the count of what was dropped into the spool; resolves once it is durable. */
export function keep(
  { request, env, context, services }: Visit,
  source: string,
  { lines, rejected, violations, dropped, seen }: Acceptance,
): Promise<Appended> {
  if (lines.length === 0 && rejected.length === 0 && Object.keys(dropped).length === 0) return Promise.resolve({ ok: true })
  return services.gatherer.add(
    { source, lines, rejected, violations, dropped, seen },
    () => spoolOf(env, services, request),
    (work) => context.waitUntil(work),
  )
}
