import { useMemo, useState } from 'react'
import type { MethodOutput } from '#core/host/contract.ts'
import { type MillraceError, toMillraceError } from '#core/lib/error.ts'
import { useHost } from '../../data/host.tsx'

export type Answer = MethodOutput<'sql.run'>

/** What a tab's last query came to. */
export type QueryState =
  | { status: 'none' }
  | { status: 'running'; queryId: string; startedAt: number }
  | { status: 'done'; answer: Answer }
  | { status: 'failed'; error: MillraceError }

const none: QueryState = { status: 'none' }
const limit = 10_000

export interface Queries {
  of(tab: string): QueryState
  /** Resolves with the error, if there was one. A run takes the place of the tab's last. */
  run(tab: string, sql: string): Promise<MillraceError | undefined>
  cancel(tab: string): void
}

/** The queries of all tabs: each goes on while another tab is looked at. */
export function useQueries(): Queries {
  const host = useHost()
  const [states, setStates] = useState<Record<string, QueryState>>({})
  const actions = useMemo(() => {
    const running = new Map<string, string>()
    const settle = (tab: string, queryId: string, state: QueryState) => {
      if (running.get(tab) !== queryId) return
      running.delete(tab)
      setStates((all) => ({ ...all, [tab]: state }))
    }
    const cancel = (tab: string) => {
      const queryId = running.get(tab)
      if (queryId !== undefined) void host.call('sql.cancel', { queryId }).catch(() => undefined)
    }
    const run = async (tab: string, sql: string) => {
      cancel(tab)
      const queryId = crypto.randomUUID()
      running.set(tab, queryId)
      setStates((all) => ({ ...all, [tab]: { status: 'running', queryId, startedAt: Date.now() } }))
      try {
        settle(tab, queryId, { status: 'done', answer: await host.call('sql.run', { sql, queryId, limit }) })
        return undefined
      } catch (thrown) {
        const error = toMillraceError(thrown)
        settle(tab, queryId, { status: 'failed', error })
        return error
      }
    }
    return { run, cancel }
  }, [host])
  return useMemo(() => ({ ...actions, of: (tab) => states[tab] ?? none }), [actions, states])
}
