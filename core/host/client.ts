import { MillraceError } from '../lib/error.ts'
import { type EventData, type EventName, events, type MethodInput, type MethodName, type MethodOutput, methods } from './contract.ts'
import type { Transport } from './transport.ts'

/** The host, typed: what a screen or a command works with. */
export interface Client {
  call<Name extends MethodName>(method: Name, input: MethodInput<Name>): Promise<MethodOutput<Name>>
  listen<Name extends EventName>(event: Name, callback: (data: EventData<Name>) => void): () => void
}

/** Throws a MillraceError: the host's own, or `contract-mismatch` when the answer is not of the method's shape. */
export function createClient(transport: Transport): Client {
  return {
    async call(method, input) {
      const answer = methods[method].output.safeParse(await transport.call(method, input))
      if (answer.success) return answer.data as MethodOutput<typeof method>
      throw new MillraceError({
        code: 'contract-mismatch',
        fault: 'system',
        message: `The host's answer to ${method} is not of the agreed shape: ${answer.error.issues[0]?.path.join('.')} ${answer.error.issues[0]?.message}.`,
        mend: 'Restart the studio and the host so that both are of one version.',
      })
    },
    listen(event, callback) {
      return transport.listen(event, (data) => callback(events[event].parse(data) as EventData<typeof event>))
    },
  }
}
