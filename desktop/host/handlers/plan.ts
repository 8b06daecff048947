import { stringify } from 'yaml'
import { PlanInference } from '#core/event/plan/infer.ts'
import { pastEvents } from '#core/event/plan/past-events.ts'
import { planSchema } from '#core/event/plan/plan.ts'
import { tryPlan } from '#core/event/plan/trial.ts'
import type { MethodOutput } from '#core/host/contract.ts'
import type { Handlers } from '#core/host/dispatch.ts'
import { MillraceError } from '#core/lib/error.ts'
import { didYouMean } from '#core/lib/suggest.ts'
import { queryRows } from '#core/warehouse/port.ts'
import type { HostContext } from '../host-context.ts'

const day = 86_400_000
/** A property that fewer of an event's senders leave out than that is taken for one that must be there. */
const requiredFrom = 0.99

type Violations = MethodOutput<'plan.violations'>['violations']

export function planHandlers(host: HostContext): Pick<Handlers, 'plan.infer' | 'plan.check' | 'plan.violations'> {
  const since = (days: number) => host.clock.now() - days * day
  return {
    async 'plan.infer'({ source, event, days, limit, enumUpTo }) {
      await host.tables()
      const inference = new PlanInference({ requiredFrom, enumUpTo })
      const sources = source === undefined ? undefined : [source]
      const selection = { sources, event, since: since(days), limit }
      for await (const past of pastEvents(host.warehouse, selection, { signal: host.signal })) inference.add(past)
      if (inference.events === 0) throw noEvents(days)
      const { rules } = planSchema.parse({})
      return { text: stringify({ rules, ...inference.plan() }), events: inference.events, leftOut: inference.leftOut }
    },

    async 'plan.check'({ name, source, days, limit }) {
      const { stack } = host.view()
      const plan = stack.plans.find((candidate) => candidate.name === name)
      if (plan === undefined) throw unknownPlan(name, stack.plans)
      const naming = stack.sources.filter(({ content }) => content.kind !== 'etl' && content.plan === name).map((found) => found.name)
      const sources = source === undefined ? naming : [source]
      if (sources.length === 0) throw noSource(name)
      await host.tables()
      const events = pastEvents(host.warehouse, { sources, since: since(days), limit }, { signal: host.signal })
      return { sources, ...(await tryPlan({ ...plan.content, name }, events)) }
    },

    async 'plan.violations'({ source, days, limit }) {
      await host.tables()
      const where = `received_at >= fromUnixTimestamp64Milli({since:Int64})${source === undefined ? '' : ' AND source = {source:String}'}`
      const options = { params: { since: since(days), limit, source: source ?? '' }, signal: host.signal }
      const [rows, counted] = await Promise.all([
        queryRows<Omit<Violations[number], 'lastSeen' | 'events'> & { last: string; count: string }>(
          host.warehouse,
          `SELECT source, plan, type, event_text AS event, rule, replaceRegexpAll(path, '\\\\.[0-9]+(\\\\.|$)', '.*\\\\1') AS path, action,
             any(v.message) AS message, any(message_id) AS messageId, uniqExact(message_id) AS count,
             toUnixTimestamp64Milli(max(received_at)) AS last
           FROM events.violations AS v FINAL WHERE ${where}
           GROUP BY source, plan, type, event_text, rule, path, action ORDER BY count DESC, last DESC LIMIT {limit:UInt32}`,
          options,
        ),
        queryRows<{ total: string }>(host.warehouse, `SELECT count() AS total FROM events.violations FINAL WHERE ${where}`, options),
      ])
      const violations = rows.map(({ last, count, ...row }) => ({ ...row, events: Number(count), lastSeen: Number(last) }))
      return { violations, total: Number(counted[0]?.total ?? 0) }
    },
  }
}

function noEvents(days: number): MillraceError {
  const message = `No such event came in within the last ${days} days.`
  return new MillraceError({
    code: 'no-events',
    fault: 'config',
    message,
    mend: 'Ask for more days, or check the names of source and event.',
  })
}

function unknownPlan(name: string, plans: readonly { name: string }[]): MillraceError {
  const mend = didYouMean(
    name,
    plans.map((plan) => plan.name),
    'plans',
  )
  return new MillraceError({ code: 'unknown-plan', fault: 'config', message: `There is no plan "${name}".`, mend })
}

function noSource(name: string): MillraceError {
  const message = `No source names the plan "${name}".`
  return new MillraceError({
    code: 'no-source',
    fault: 'config',
    message,
    mend: `Add "plan: ${name}" to a source, or name one with --source.`,
  })
}
