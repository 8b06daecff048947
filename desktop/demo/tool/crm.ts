import type { World } from '../world/world.ts'
import { credentials, notFound, pageNumber, serveTool, type Tool, type ToolReply, type ToolRequest } from './server.ts'

/** A lead as the simulated CRM's API shows it. Times are ISO 8601 in UTC, without milliseconds. */
export interface Lead {
  id: string
  first_name: string
  last_name: string
  email: string
  date_of_birth: string | null
  customer_type: 'retail' | 'wholesale'
  qualified: boolean
  stage: string
  owner: { id: number; name: string }
  tags: string[]
  created_at: string
  updated_at: string
}

export interface SalesCall {
  id: string
  lead_id: string
  seconds: number
  called_at: string
}

const owners = ['Marta Lind', 'Theo Brandt', 'Aiko Mori']

/** What the sales team sees: e-mail addresses in lower case, whatever the person wrote. */
export function crmRecords(world: World): { leads: Lead[]; calls: SalesCall[] } {
  const leads: Lead[] = []
  const calls: SalesCall[] = []
  for (const person of world.people) {
    for (const [index, record] of person.leads.entries()) {
      const id = `L-${String(person.number).padStart(5, '0')}${index === 0 ? '' : '-2'}`
      const owner = (person.number + index) % owners.length
      leads.push({
        id,
        first_name: person.firstName,
        last_name: person.lastName,
        email: person.email.toLowerCase(),
        date_of_birth: person.dateOfBirth,
        customer_type: person.customerType,
        qualified: record.qualified,
        stage: record.stage,
        owner: { id: owner + 1, name: owners[owner]! },
        tags: record.qualified ? ['hot', person.customerType] : [person.customerType],
        created_at: isoSeconds(record.createdAt),
        updated_at: isoSeconds(record.updatedAt),
      })
      for (const [number, at] of record.calls.entries()) {
        calls.push({
          id: `${id}-call-${number + 1}`,
          lead_id: id,
          seconds: 60 + ((person.number * 37 + number * 211) % 900),
          called_at: isoSeconds(at),
        })
      }
    }
  }
  return { leads: leads.toSorted((one, other) => compare(one.updated_at, other.updated_at) || compare(one.id, other.id)), calls }
}

/**
 * The simulated CRM. Bearer token.
 * - `GET /api/leads?page=1&per_page=100&updated_since=ISO&updated_until=ISO`: by `updated_at`, both bounds included.
 * - `GET /api/calls?offset=0&limit=100`
 */
export function serveCrm(world: World, token: string): Promise<Tool> {
  const { leads, calls } = crmRecords(world)
  return serveTool({
    name: 'crm',
    title: 'Simulated CRM',
    authenticate: (request) => credentials(request, 'Bearer') === token,
    answer: (request) => {
      if (request.method !== 'GET') return notFound
      if (request.path === '/api/leads') return listLeads(leads, request)
      if (request.path === '/api/calls') return listCalls(calls, request)
      return notFound
    },
  })
}

function listLeads(leads: readonly Lead[], request: ToolRequest): ToolReply {
  const since = Date.parse(request.query.get('updated_since') ?? '1970-01-01T00:00:00Z')
  const until = Date.parse(request.query.get('updated_until') ?? '9999-01-01T00:00:00Z')
  if (Number.isNaN(since) || Number.isNaN(until)) {
    return { status: 422, body: { error: { code: 'invalid_time', message: 'updated_since and updated_until are ISO 8601.' } } }
  }
  const found = leads.filter((lead) => Date.parse(lead.updated_at) >= since && Date.parse(lead.updated_at) <= until)
  const size = Math.max(1, pageNumber(request, 'per_page', 100, 200))
  const page = Math.max(1, pageNumber(request, 'page', 1, Number.MAX_SAFE_INTEGER))
  return {
    status: 200,
    body: {
      data: { leads: found.slice((page - 1) * size, page * size) },
      meta: { page, per_page: size, total: found.length, total_pages: Math.ceil(found.length / size) },
    },
  }
}

function listCalls(calls: readonly SalesCall[], request: ToolRequest): ToolReply {
  const offset = pageNumber(request, 'offset', 0, Number.MAX_SAFE_INTEGER)
  const limit = Math.max(1, pageNumber(request, 'limit', 100, 200))
  return { status: 200, body: { results: calls.slice(offset, offset + limit), count: calls.length } }
}

function isoSeconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
