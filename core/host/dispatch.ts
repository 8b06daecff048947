import { MillraceError, toMillraceError } from '../lib/error.ts'
import { type EventData, type EventName, type MethodName, type MethodOutput, type MethodRequest, methods } from './contract.ts'
import type { Reply } from './transport.ts'

export type Handlers = { [Name in MethodName]: (input: MethodRequest<Name>) => Promise<MethodOutput<Name>> }

/** What a transport needs of a host: somebody who answers, and somebody who tells. */
export interface HostFace {
  handlers: Handlers
  /** Calls back for every event of that name until the returned function is called. */
  listen<Name extends EventName>(event: Name, callback: (data: EventData<Name>) => void): () => void
}

/** Answers a call from any transport. Never throws: a failure, ours or the caller's, is a reply. */
export async function dispatch(handlers: Handlers, method: string, input: unknown): Promise<Reply> {
  try {
    if (!Object.hasOwn(methods, method)) {
      throw new MillraceError({ code: 'unknown-method', fault: 'config', message: `There is no method ${method}.` })
    }
    const name = method as MethodName
    const parsed = methods[name].input.safeParse(input)
    if (!parsed.success) {
      const issue = parsed.error.issues[0]
      throw new MillraceError({
        code: 'invalid-input',
        fault: 'config',
        message: `${method}: ${issue?.message ?? 'invalid input'}`,
        at: { field: issue?.path.join('.') ?? '' },
      })
    }
    const handler = handlers[name] as (input: unknown) => Promise<unknown>
    return { ok: true, value: methods[name].output.parse(await handler(parsed.data)) }
  } catch (thrown) {
    return { ok: false, error: toMillraceError(thrown).toJSON() }
  }
}
