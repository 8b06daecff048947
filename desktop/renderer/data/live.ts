import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { LogLine, MethodName, MethodOutput, Run } from '#core/host/contract.ts'
import { useHost } from './host.tsx'

/** Keeps what is on the screen true: the host's events refresh or patch the answers they touch. */
export function useLiveUpdates(): void {
  const client = useHost()
  const queries = useQueryClient()
  useEffect(() => {
    const stops = [
      client.listen('run.changed', (run) => onRun(queries, run)),
      client.listen('run.log', ({ runId, ...line }) => onLog(queries, runId, line)),
      client.listen('stack.changed', () =>
        refresh(queries, [
          'stack.get',
          'stack.file',
          'transform.list',
          'trait.list',
          'sync.list',
          'sync.plan',
          'destination.list',
          'loop.get',
        ]),
      ),
    ]
    return () => {
      for (const stop of stops) stop()
    }
  }, [client, queries])
}

function onRun(queries: QueryClient, run: Run): void {
  queries.setQueriesData<MethodOutput<'run.list'>>({ queryKey: ['run.list'] }, (list) => list && { runs: place(list.runs, run) })
  queries.setQueryData<MethodOutput<'run.get'>>(['run.get', { runId: run.id }], (detail) => detail && { ...detail, run })
  const touched: MethodName[] = ['run.get', 'sync.list', 'loop.get']
  if (run.endedAt !== undefined) touched.push('run.list', 'trait.list', 'trait.preview', 'sync.plan', 'sync.rejected', 'sql.schema')
  refresh(queries, touched)
}

function onLog(queries: QueryClient, runId: string, line: LogLine): void {
  queries.setQueryData<MethodOutput<'run.get'>>(['run.get', { runId }], (detail) => detail && { ...detail, logs: [...detail.logs, line] })
}

function place(runs: Run[], run: Run): Run[] {
  return runs.some((each) => each.id === run.id) ? runs.map((each) => (each.id === run.id ? run : each)) : [run, ...runs]
}

function refresh(queries: QueryClient, methods: MethodName[]): void {
  for (const method of methods) void queries.invalidateQueries({ queryKey: [method] })
}
