import { queryRows } from '#core/warehouse/port.ts'
import { createClickHouse } from '#desktop/host/clickhouse.ts'
import { diskNames, type FullDisk } from './collector-disk.ts'
import type { CollectorLoad } from './collector-load.ts'

/** The views that hold the load's events, one each. */
const views = ['chaos_ping', 'chaos_hook', 'pages']
const typeViews = ['tracks', 'pages', 'screens', 'identifies', 'groups', 'aliases']

/** What of the accepted events the views have, how often, and what should not be there. */
export async function countEvents(
  address: { url: string; user: string; password: string },
  load: CollectorLoad,
  disk: FullDisk | undefined,
  signal: AbortSignal,
) {
  const warehouse = createClickHouse(address)
  try {
    const rows = <Row>(sql: string) => queryRows<Row>(warehouse, sql, { signal })
    const timesOf = async (sources: readonly string[]) => {
      const listed = sources.map((source) => `'${source}'`).join(', ')
      const found = views.map((view) => `SELECT toUInt64(ping) AS n FROM events.${view} WHERE source IN (${listed})`)
      const counted = await rows<{ n: string; copies: string }>(
        `SELECT n, count() AS copies FROM (${found.join(' UNION ALL ')}) GROUP BY n`,
      )
      return new Map(counted.map(({ n, copies }) => [Number(n), Number(copies)]))
    }
    const times = await timesOf(Object.keys(diskNames))
    const diskTimes = await timesOf(Object.values(diskNames))
    const wanted = load.acceptedAt.flatMap((at, ping) => (at > 0 ? [ping] : []))
    const present = wanted.filter((ping) => times.has(ping)).length
    const diskLost = disk?.accepted.filter((ping) => !diskTimes.has(ping)).length ?? 0
    const twice = [...times.values(), ...diskTimes.values()].filter((copies) => copies > 1).length
    let ids = 0
    for (const view of typeViews) {
      const [count] = await rows<{ all: string; ids: string }>(`SELECT count() AS all, uniqExact(source, id) AS ids FROM events.${view}`)
      ids += Number(count!.all) - Number(count!.ids)
    }
    const [aside] = await rows<{ rejected: string; undelivered: string }>(
      'SELECT (SELECT count() FROM events.rejected) AS rejected, (SELECT count() FROM events.undelivered) AS undelivered',
    )
    const broken: string[] = []
    if (diskLost > 0) broken.push(`${diskLost} events that were accepted around a full disk are lost.`)
    if (Number(aside!.rejected) > 0) broken.push(`${aside!.rejected} valid events stand in events.rejected.`)
    if (Number(aside!.undelivered) > 0) broken.push(`${aside!.undelivered} rows stand in events.undelivered.`)
    return { accepted: wanted.length, present, lost: wanted.length - present, doubled: Math.max(twice, ids), broken }
  } finally {
    await warehouse.close()
  }
}
