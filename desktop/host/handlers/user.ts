import type { z } from 'zod'
import { type MethodName, methods } from '#core/host/contract.ts'
import type { Handlers } from '#core/host/dispatch.ts'
import { askEdge } from '../edge-admin.ts'
import type { HostContext } from '../host-context.ts'
import { noEdge } from './edge.ts'

type Methods = Extract<MethodName, `user.${string}`>

/** What the collector does about users who are not to be collected: it keeps the list, and does the work. */
export function userHandlers(host: HostContext): Pick<Handlers, Methods> {
  const ask = <Name extends Methods>(name: Name, method: string, path: string, body?: object) => {
    if (host.edge === undefined) throw noEdge()
    const answer: z.ZodType<object> = methods[name].output
    return askEdge(host.edge, { method, path, answer, ...(body === undefined ? {} : { body }) }, host) as never
  }
  return {
    'user.suppress': async (users) => ask('user.suppress', 'PUT', '/admin/suppressions', users),
    'user.release': async (users) => ask('user.release', 'DELETE', '/admin/suppressions', users),
    'user.suppressions': async ({ limit }) => ask('user.suppressions', 'GET', `/admin/suppressions?limit=${limit}`),
    'user.delete': async (users) => ask('user.delete', 'POST', '/admin/deletions', users),
    'user.deletion': async ({ id }) => ask('user.deletion', 'GET', `/admin/deletions/${encodeURIComponent(id)}`),
    'user.deletions': async ({ limit }) => ask('user.deletions', 'GET', `/admin/deletions?limit=${limit}`),
  }
}
