import { type TailFilter, tailFilterSchema } from '#core/event/tail.ts'

/** The address by which a viewer is handed to a spool. A socket goes by a request only, so what is wanted is in its address. */
export function tailAddress(shard: number, filter: TailFilter): string {
  return `https://spool/tail/${shard}?${new URLSearchParams({ filter: JSON.stringify(filter) })}`
}

/** What such an address says. */
export function tailRequest({ pathname, searchParams }: URL): { shard: number; filter: TailFilter } {
  return {
    shard: Number(pathname.slice(pathname.lastIndexOf('/') + 1)),
    filter: tailFilterSchema.parse(JSON.parse(searchParams.get('filter')!)),
  }
}
