import type { TailFilter, TailMessage } from '#core/event/tail.ts'
import { type ErrorData, MillraceError } from '#core/lib/error.ts'
import type { Clock } from '#core/lib/runtime.ts'
import { followTail } from './edge-tail.ts'
import type { HostEvents } from './emitter.ts'
import type { EdgeAddress } from './edge-address.ts'

interface Parts {
  events: Pick<HostEvents, 'emit'>
  clock: Clock
  random: () => number
  /** Aborts when the host ends. */
  signal: AbortSignal
}

interface Tail {
  filter: string
  askedAt: number
  stop: AbortController
}

/** How long a tail goes on after it was last asked for, in milliseconds: who watched may be gone without a word. */
const lease = 30_000
/** Tails at a time. */
const most = 10

/** The tails that clients of the host have open. */
export interface Tails {
  /** Opens one, or keeps the one of this id going, with another filter if it is another. Throws `too-many-viewers`. */
  ask(edge: EdgeAddress, id: string, filter: TailFilter): void
  end(id: string): void
}

export function createTails({ events, clock, random, signal }: Parts): Tails {
  const tails = new Map<string, Tail>()
  const end = (id: string) => {
    tails.get(id)?.stop.abort()
    tails.delete(id)
  }
  const endForgotten = async (id: string, { stop, askedAt }: Tail) => {
    for (let last = askedAt; ;) {
      await clock.sleep(lease, stop.signal)
      const tail = tails.get(id)
      if (tail === undefined || tail.askedAt === last) return end(id)
      last = tail.askedAt
    }
  }
  return {
    ask(edge, id, filter) {
      const text = JSON.stringify(filter)
      const open = tails.get(id)
      if (open?.filter === text) {
        open.askedAt = clock.now()
        return
      }
      end(id)
      if (tails.size >= most) throw tooMany()
      const tail: Tail = { filter: text, askedAt: clock.now(), stop: new AbortController() }
      tails.set(id, tail)
      const told = { id, events: [], skipped: 0 }
      const listener = {
        watching: () => events.emit('edge.tailed', { ...told, state: 'watching' }),
        lost: (error: ErrorData) => events.emit('edge.tailed', { ...told, state: 'lost', error }),
        message: (message: Pick<TailMessage, 'events' | 'skipped'>) => events.emit('edge.tailed', { id, state: 'watching', ...message }),
      }
      void followTail(edge, filter, listener, AbortSignal.any([signal, tail.stop.signal]), { clock, random })
      void endForgotten(id, tail).catch(() => {})
    },
    end,
  }
}

function tooMany(): MillraceError {
  return new MillraceError({
    code: 'too-many-viewers',
    fault: 'config',
    message: `This host watches the collector for ${most} clients already.`,
  })
}
