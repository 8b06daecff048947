import { useEffect, useState } from 'react'
import type { EventData, MethodInput } from '#core/host/contract.ts'
import { type ErrorData, toMillraceError } from '#core/lib/error.ts'
import { useHost } from '../../data/host.tsx'

type Told = EventData<'edge.tailed'>
export type TailFilter = Omit<MethodInput<'edge.tail'>, 'id'>

/** An event on the page; the number tells it from others of the same message. */
export type TailRow = Told['events'][number] & { number: number }

/** Rows kept on the page. */
const kept = 1000
/** The host ends a tail that nobody asks for; it is asked for this often, in milliseconds. */
const renewEvery = 10_000

export interface TailStream {
  state: 'connecting' | Told['state']
  /** The newest first. */
  rows: TailRow[]
  /** How many came that are not among the rows, because there were too many at a time. */
  skipped: number
  error: ErrorData | undefined
}

const nothing: TailStream = { state: 'connecting', rows: [], skipped: 0, error: undefined }

/** Events as they come into the collector, while the component is there. `clear` forgets those that came. */
export function useTail({ source, type, event, user, rejected }: TailFilter): TailStream & { clear: () => void } {
  const host = useHost()
  const key = JSON.stringify([source, type, event, user, rejected])
  const [{ key: told, ...stream }, setStream] = useState({ ...nothing, key })
  // What was told of another filter is not for this one.
  if (told !== key) setStream({ ...nothing, key })

  useEffect(() => {
    const id = crypto.randomUUID()
    const filter = { source, type, event, user, rejected }
    const stop = host.listen('edge.tailed', (told) => {
      if (told.id === id) setStream((before) => (before.key === key ? { ...taken(before, told), key } : before))
    })
    const ask = async () => {
      try {
        await host.call('edge.tail', { ...filter, id })
      } catch (thrown) {
        setStream((before) => ({ ...before, state: 'lost', error: toMillraceError(thrown).toJSON() }))
      }
    }
    void ask()
    const timer = setInterval(() => void ask(), renewEvery)
    return () => {
      clearInterval(timer)
      stop()
      void host.call('edge.untail', { id }).catch(() => {})
    }
  }, [host, key, source, type, event, user, rejected])
  return { ...stream, clear: () => setStream((before) => ({ ...before, rows: [], skipped: 0 })) }
}

/** What is on the page once the host has told more. */
export function taken(before: TailStream, { state, error, events, skipped }: Told): TailStream {
  const first = (before.rows[0]?.number ?? 0) + 1
  const rows = events.map((event, index) => ({ ...event, number: first + index })).toReversed()
  return { state, error, rows: [...rows, ...before.rows].slice(0, kept), skipped: before.skipped + skipped }
}
