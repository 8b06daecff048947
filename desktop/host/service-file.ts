import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

/*
 * `millrace warehouse` and `millrace edge` run a server of a stack by itself. A file in its data
 * folder, this user's alone, tells a host where it is, so that it uses that one instead of starting another.
 */

const warehouseFile = z.object({ url: z.string(), user: z.string(), password: z.string(), pid: z.number() })
const edgeFile = z.object({ url: z.string(), adminToken: z.string(), pid: z.number() })

export type ServedWarehouse = z.infer<typeof warehouseFile>
export type ServedEdge = z.infer<typeof edgeFile>

/** Writes the file; the function returned takes it away. */
export function announceService(folder: string, served: ServedWarehouse | ServedEdge): () => void {
  const path = join(folder, 'serving.json')
  writeFileSync(path, JSON.stringify(served, null, 2), { mode: 0o600 })
  return () => rmSync(path, { force: true })
}

/** The warehouse that serves the folder now and takes its password, or nothing. */
export async function findServedWarehouse(folder: string, reach: typeof fetch): Promise<ServedWarehouse | undefined> {
  const served = read(folder, warehouseFile)
  if (served === undefined) return undefined
  const headers = { 'x-clickhouse-user': served.user, 'x-clickhouse-key': served.password }
  return (await answers(reach, `${served.url}/?query=SELECT%201`, headers)) ? served : undefined
}

/** The collector that serves the folder now and takes its token, or nothing. */
export async function findServedEdge(folder: string, reach: typeof fetch): Promise<ServedEdge | undefined> {
  const served = read(folder, edgeFile)
  if (served === undefined) return undefined
  return (await answers(reach, `${served.url}/admin/metrics.json`, { authorization: `Bearer ${served.adminToken}` })) ? served : undefined
}

function read<Shape extends z.ZodType>(folder: string, shape: Shape): z.output<Shape> | undefined {
  try {
    return shape.parse(JSON.parse(readFileSync(join(folder, 'serving.json'), 'utf8')))
  } catch {
    // Nobody serves it, or not by itself.
    return undefined
  }
}

async function answers(reach: typeof fetch, url: string, headers: Record<string, string>): Promise<boolean> {
  try {
    const response = await reach(url, { headers, signal: AbortSignal.timeout(3000) })
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false
  }
}
