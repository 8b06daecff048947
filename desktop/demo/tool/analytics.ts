import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { credentials, notFound, serveTool, type Tool, type ToolReply, type ToolRequest } from './server.ts'

/** A person as the simulated product-analytics tool holds them: whatever was sent, by `user_id`. */
export type AnalyticsPerson = Record<string, unknown>

export interface Analytics extends Tool {
  people(): ReadonlyMap<string, AnalyticsPerson>
}

const deliverySchema = z.object({
  operation: z.enum(['upsert', 'delete']),
  rows: z.array(z.object({ key: z.string().min(1), fields: z.record(z.string(), z.unknown()) })),
})

const stateSchema = z.record(z.string(), z.record(z.string(), z.unknown()))

/**
 * The simulated product-analytics tool. Bearer token.
 * - `POST /people` takes a delivery of the webhook destination, and answers for each row:
 *   `{ results: [{ key, status: 'accepted', created } | { key, status: 'rejected', message }] }`.
 *   It refuses people whose e-mail address is none.
 * - `GET /people` gives all it holds, `GET /people/ID` one of them.
 *
 * What it took is in `file` before it answers, so that it remembers like a real tool.
 */
export async function serveAnalytics(options: { token: string; file: string; port?: number }): Promise<Analytics> {
  const people = new Map<string, AnalyticsPerson>(readState(options.file))
  const tool = await serveTool({
    name: 'analytics',
    title: 'Simulated product-analytics tool',
    ...(options.port !== undefined && { port: options.port }),
    authenticate: (request) => credentials(request, 'Bearer') === options.token,
    answer: (request) => answer(people, request, () => writeState(options.file, people)),
  })
  return { ...tool, people: () => people }
}

function answer(people: Map<string, AnalyticsPerson>, request: ToolRequest, save: () => void): ToolReply {
  if (request.path === '/people' && request.method === 'GET') return { status: 200, body: { people: [...people.values()] } }
  if (request.path === '/people' && request.method === 'POST') return receive(people, request.body, save)
  const id = /^\/people\/([^/]+)$/.exec(request.path)?.[1]
  const person = id === undefined || request.method !== 'GET' ? undefined : people.get(decodeURIComponent(id))
  return person === undefined ? notFound : { status: 200, body: person }
}

function receive(people: Map<string, AnalyticsPerson>, body: unknown, save: () => void): ToolReply {
  const delivery = deliverySchema.safeParse(body)
  if (!delivery.success) {
    return { status: 400, body: { error: { code: 'invalid_delivery', message: z.prettifyError(delivery.error) } } }
  }
  const results = delivery.data.rows.map(({ key, fields }) => {
    const created = !people.has(key)
    if (delivery.data.operation === 'delete') {
      people.delete(key)
      return { key, status: 'accepted' as const }
    }
    const refused = refusal(fields)
    if (refused !== undefined) return { key, status: 'rejected' as const, message: refused }
    people.set(key, fields)
    return { key, status: 'accepted' as const, created }
  })
  save()
  return { status: 200, body: { results } }
}

function refusal({ email }: AnalyticsPerson): string | undefined {
  if (email === undefined || email === null || z.email().safeParse(email).success) return undefined
  return `"${String(email)}" is not an e-mail address.`
}

function readState(file: string): [string, AnalyticsPerson][] {
  return existsSync(file) ? Object.entries(stateSchema.parse(JSON.parse(readFileSync(file, 'utf8')))) : []
}

function writeState(file: string, people: ReadonlyMap<string, AnalyticsPerson>): void {
  writeFileSync(`${file}.new`, JSON.stringify(Object.fromEntries(people)))
  renameSync(`${file}.new`, file)
}
