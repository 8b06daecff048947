import { codeOf } from '../answer.ts'
import { spoolOf, type Visit } from '../services.ts'

/** Counts an answer to a sender, if it is an error. */
export function countRefusal(visit: Visit, answer: Response): void {
  const code = codeOf(answer)
  if (code === undefined) return
  const { request, env, context, services } = visit
  services.refusals.add(
    visit.source,
    code,
    () => spoolOf(env, services, request),
    (work) => context.waitUntil(work),
  )
}
