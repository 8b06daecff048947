import { useEffect, useState } from 'react'
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
  const [arrived, setArrived] = useState<Arrived>(nothing)
  const [still, setStill] = useState<EventRow[] | undefined>()
  const [attempt, setAttempt] = useState(0)
  const key = `${filter.type} ${filter.search} ${attempt}`

  // What was in sight when the hold began stays in sight until it ends.
  if (held && still === undefined) setStill(arrived.events)
  if (!held && still !== undefined) setStill(undefined)
  if (arrived.key !== key) setArrived({ ...nothing, key })

  useEffect(() => {
    let over = false
    let timer: ReturnType<typeof setTimeout> | undefined
    let events: EventRow[] = []
    const ask = async () => {
      const newest = events[0]?.receivedAt
      try {
        const answer = await host.call('event.list', {
          type: filter.type,
          search: filter.search || undefined,
          after: newest === undefined ? undefined : newest - overlap,
          limit: newest === undefined ? 300 : 500,
        })
        if (over) return
        events = merge(events, answer.events)
        setArrived({ key, events, total: answer.total, error: undefined, loading: false })
      } catch (thrown) {
        if (over) return
        setArrived((before) => ({ ...before, error: toMillraceError(thrown), loading: false }))
      }
      timer = setTimeout(ask, document.hidden ? 5000 : 1000)
    }
    void ask()
    return () => {
      over = true
      clearTimeout(timer)
    }
  }, [host, filter.type, filter.search, key])

  const { events, total, error, loading } = arrived
  const shown = held && still !== undefined && arrived.key === key ? still : events
  return { events: shown, total, waiting: countNew(shown, events), error, loading, retry: () => setAttempt(attempt + 1) }
}

interface Arrived {
  /** The question they answer. */
  key: string
  events: EventRow[]
  total: number | undefined
  error: MillraceError | undefined
  loading: boolean
}

const nothing: Arrived = { key: '', events: [], total: undefined, error: undefined, loading: true }

/** New events into the known ones: each message once, newest first, no more than are kept. */
export function merge(known: EventRow[], found: EventRow[]): EventRow[] {
  const ids = new Set(known.map((event) => event.messageId))
  const fresh = found.filter((event) => !ids.has(event.messageId))
  if (fresh.length === 0) return known
  return [...fresh, ...known].toSorted((a, b) => b.receivedAt - a.receivedAt).slice(0, kept)
}

function countNew(shown: EventRow[], pending: EventRow[]): number {
  if (shown === pending || pending.length === 0) return 0
  const ids = new Set(shown.map((event) => event.messageId))
  return pending.reduce((count, event) => count + (ids.has(event.messageId) ? 0 : 1), 0)
}
