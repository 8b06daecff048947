import type { EnrichedEvent } from '../enrich.ts'
import type { EventType } from '../schema.ts'
import { dropProperties, type Keys, propertyOf } from './drop.ts'
import type { JsonSchemaObject } from './schema-type.ts'
import type { Action, EdgePlan, Planned, PlanRules, Rule } from './plan.ts'
import { PayloadValidator } from './validator.ts'

/** One break of a rule by one event, and what came of it. */
export interface Violation {
  rule: Rule
  /** Place in the event, with dots: `properties.customer.city`; `event` for an unplanned one. */
  path: string
  message: string
  action: Exclude<Action, 'allow'>
}

/** What of an event a plan looks at. */
export type Judged = Pick<EnrichedEvent, 'event' | 'context'>

export interface Judgement<Of extends Judged> {
  /** The first {@link maxViolations} of them. */
  violations: Violation[]
  /** The event without what was to be dropped; the very same where nothing was. */
  event: Of
  /** What the event is rejected for. */
  rejected: Violation | undefined
}

/** How many violations of one event are recorded. A sender of garbage must not write more rows of these than of events. */
const maxViolations = 20

interface Compiled {
  rules: PlanRules
  validator: PayloadValidator | undefined
}

/** A plan made ready. Holds the schemas of an isolate's plans, so it is made once a version and not once a request. */
export class PlanJudge {
  readonly #plan: EdgePlan
  readonly #events: Map<string, Compiled>
  readonly #calls: Partial<Record<EventType, Compiled | undefined>>

  constructor(plan: EdgePlan) {
    this.#plan = plan
    this.#events = new Map(Object.entries(plan.events).map(([name, planned]) => [name, compiled(planned, plan.rules)]))
    const call = (planned: Planned | undefined) => planned && compiled(planned, plan.rules)
    this.#calls = { identify: call(plan.identify), group: call(plan.group), page: call(plan.page), screen: call(plan.screen) }
  }

  /** What the plan says of an event; undefined when that is nothing. The event is not changed. */
  judge<Of extends Judged>(judged: Of): Judgement<Of> | undefined {
    const { event } = judged
    const planned = event.type === 'track' ? this.#events.get(event.event) : this.#calls[event.type]
    if (planned !== undefined) return planned.validator && judgePayload(judged, planned.rules, planned.validator)
    const action = this.#plan.rules.unplanned_event
    if (event.type !== 'track' || action === 'allow') return undefined
    const violation: Violation = { rule: 'unplanned_event', path: 'event', message: 'The event is not in the plan.', action }
    return { violations: [violation], event: judged, rejected: action === 'reject' ? violation : undefined }
  }
}

function compiled({ schema, rules: own }: Planned, ofPlan: PlanRules): Compiled {
  const given = Object.entries(own).filter(([, action]) => action !== undefined)
  const rules: PlanRules = { ...ofPlan, ...Object.fromEntries(given) }
  const open = rules.unplanned_property === 'allow'
  return { rules, validator: schema && new PayloadValidator(schema as JsonSchemaObject, open) }
}

function judgePayload<Of extends Judged>(judged: Of, rules: PlanRules, validator: PayloadValidator): Judgement<Of> | undefined {
  const place = placeOf(judged)
  const checked = validator.check(place.payload)
  if (checked === undefined) return undefined
  const violations: Violation[] = []
  const dropped: Keys[] = []
  let rejected: Violation | undefined
  for (const { rule, keys, message } of checked.faults) {
    const wanted = rules[rule]
    if (wanted === 'allow') continue
    const property = wanted === 'drop_property' ? propertyOf(checked.payload, keys) : undefined
    // There is nothing to drop where the fault is that of the payload as a whole.
    const action = wanted === 'drop_property' && property === undefined ? 'flag' : wanted
    const path = [...place.path, ...keys].join('.').slice(0, 1000)
    const violation: Violation = { rule, path, message: `${path} ${message}.`, action }
    if (property !== undefined) dropped.push(property)
    // The one that the event is rejected for is always among those recorded.
    const decides = action === 'reject' && rejected === undefined
    if (decides) rejected = violation
    if (decides || violations.length < maxViolations) violations.push(violation)
  }
  if (violations.length === 0) return undefined
  const event = dropped.length === 0 ? judged : place.with(dropProperties(checked.payload, dropped))
  return { violations, event, rejected }
}

interface PayloadPlace<Of> {
  path: string[]
  payload: object
  with(payload: object): Of
}

/** What a plan checks of an event, by its type: what `RowBuilder` makes the row's properties or traits of. */
function placeOf<Of extends Judged>(judged: Of): PayloadPlace<Of> {
  const { event, context } = judged
  const field = event.type === 'identify' || event.type === 'group' ? 'traits' : 'properties'
  const own = (event as Record<string, unknown>)[field]
  if (isObject(own)) return { path: [field], payload: own, with: (payload) => ({ ...judged, event: { ...event, [field]: payload } }) }
  const shared = field === 'traits' ? context['traits'] : undefined
  if (!isObject(shared)) return { path: [field], payload: {}, with: () => judged }
  return { path: ['context', 'traits'], payload: shared, with: (traits) => ({ ...judged, context: { ...context, traits } }) }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
