import type { DestinationMetrics } from '#core/event/edge-metrics.ts'
import type { LoopNode } from '#core/host/contract.ts'

type State = Pick<LoopNode, 'health' | 'total' | 'lastAt' | 'error'>

/** From the worst on. */
const order: LoopNode['health'][] = ['error', 'warning', 'ok', 'idle', 'unknown']

/** A destination as its syncs left it, with what the collector streams to it. */
export function withDeliveries(state: State, delivery: DestinationMetrics | undefined): State {
  if (delivery === undefined) return state
  const health = order.find((each) => each === state.health || each === healthOf(delivery))!
  const error = state.error ?? (delivery.lastError && undelivered(delivery.lastError))
  const lastAt = Math.max(state.lastAt ?? 0, delivery.lastAt ?? 0)
  return {
    health,
    total: (state.total ?? 0) + delivery.delivered,
    ...(lastAt === 0 ? {} : { lastAt }),
    ...(error === undefined ? {} : { error }),
  }
}

function healthOf({ state, dead, lastAt }: DestinationMetrics): LoopNode['health'] {
  if (state === 'paused') return 'error'
  if (state === 'waiting' || dead > 0) return 'warning'
  return lastAt === undefined || state !== 'active' ? 'idle' : 'ok'
}

function undelivered({ code, message }: { code: string; message: string }): NonNullable<LoopNode['error']> {
  return { code, fault: 'transient', retryable: true, message: `Events cannot be delivered: ${message}` }
}
