import type { EventData, EventName } from '#core/host/contract.ts'

/** Tells whoever listens in this process; transports carry it on. */
export interface HostEvents {
  emit<Name extends EventName>(event: Name, data: EventData<Name>): void
  listen<Name extends EventName>(event: Name, callback: (data: EventData<Name>) => void): () => void
}

/** A callback that throws does not keep the others from hearing; `onError` hears of it. */
export function createHostEvents(onError: (thrown: unknown) => void): HostEvents {
  const callbacks = new Map<EventName, Set<(data: never) => void>>()
  return {
    emit(event, data) {
      for (const callback of callbacks.get(event) ?? []) {
        try {
          callback(data as never)
        } catch (thrown) {
          onError(thrown)
        }
      }
    },
    listen(event, callback) {
      const set = callbacks.get(event) ?? new Set()
      callbacks.set(event, set.add(callback as (data: never) => void))
      return () => set.delete(callback as (data: never) => void)
    },
  }
}
