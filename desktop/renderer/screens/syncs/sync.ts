import type { MethodOutput } from '#core/host/contract.ts'

/** A sync as the list tells it. */
export type Sync = MethodOutput<'sync.list'>['syncs'][number]
