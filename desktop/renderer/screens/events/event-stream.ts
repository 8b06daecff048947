import { useEffect, useRef, useState } from 'react'
import type { MethodOutput } from '#core/host/contract.ts'
import { type MillraceError, toMillraceError } from '#core/lib/error.ts'
import { useHost } from '../../data/host.tsx'

export type EventRow = MethodOutput<'event.list'>['events'][number]

/** Rows kept on the page; older ones are for SQL. */
const kept = 2000
/** Milliseconds asked for again each time: an event can become visible after a later one. */
const overlap = 15_000

export interface EventStream {
  events: EventRow[]
  /** All events the warehouse holds. */
  total: number | undefined
  /** Arrived while the list stood still. */
  waiting: number
  error: MillraceError | undefined
  loading: boolean
  retry: () => void
}

/** Events as they come, newest first; asks every second, and holds the list still when told to. */
export function useEventStream(filter: { type: string | undefined; search: string }, held: boolean): EventStream {
  const host = useHost()
  const [shown, setShown] = useState<EventRow[]>([])
  const [pending, setPending] = useState<EventRow[]>([])
  const [total, setTotal] = useState<number | undefined>()
  const [error, setError] = useState<MillraceError | undefined>()
  const [loading, setLoading] = useState(true)
  const [attempt, setAttempt] = useState(0)
  const hold = useRef(held)
  hold.current = held

  useEffect(() => {
    let over = false
    let timer: ReturnType<typeof setTimeout> | undefined
    let newest: number | undefined
    let all: EventRow[] = []
    setShown([])
    setPending([])
    setLoading(true)
    const ask = async () => {
      try {
        const answer = await host.call('event.list', {
          type: filter.type,
          search: filter.search || undefined,
          after: newest === undefined ? undefined : newest - overlap,
          limit: newest === undefined ? 300 : 500,
        })
        if (over) return
        all = merge(all, answer.events)
        newest = all[0]?.receivedAt
        setTotal(answer.total)
        if (!hold.current) setShown(all)
        setPending(all)
        setError(undefined)
      } catch (thrown) {
        if (!over) setError(toMillraceError(thrown))
      }
      if (over) return
      setLoading(false)
      timer = setTimeout(ask, document.hidden ? 5000 : 1000)
    }
    void ask()
    return () => {
      over = true
      clearTimeout(timer)
    }
  }, [host, filter.type, filter.search, attempt])

  useEffect(() => {
    if (!held) setShown(pending)
  }, [held, pending])

  return { events: shown, total, waiting: countNew(shown, pending), error, loading, retry: () => setAttempt(attempt + 1) }
}

/** New events into the known ones: each message once, newest first, no more than are kept. */
export function merge(known: EventRow[], found: EventRow[]): EventRow[] {
  const ids = new Set(known.map((event) => event.messageId))
  const fresh = found.filter((event) => !ids.has(event.messageId))
  if (fresh.length === 0) return known
  return [...fresh, ...known].sort((a, b) => b.receivedAt - a.receivedAt).slice(0, kept)
}

function countNew(shown: EventRow[], pending: EventRow[]): number {
  if (shown === pending || pending.length === 0) return 0
  const ids = new Set(shown.map((event) => event.messageId))
  return pending.reduce((count, event) => count + (ids.has(event.messageId) ? 0 : 1), 0)
}
