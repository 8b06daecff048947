import type { z } from 'zod'
import type { Event } from '../schema.ts'
import type { Judged } from './judge.ts'
import type { planSchema } from './plan.ts'
import { Shape, type ShapeOptions } from './shape.ts'

/** A plan as it is written in a file. */
export type PlanInput = z.input<typeof planSchema>

/** Names without end are no names of events: past it, new ones are left out. */
const maxEvents = 1000

/**
 * Infers a plan from events: each event there was, each property it had with its type, required when nearly all of them
 * had it (`shape.ts`). It finds nothing wrong with the events it is made of, but for a required property that a few lack.
 */
export class PlanInference {
  readonly #options: ShapeOptions
  readonly #tracks = new Map<string, Shape>()
  readonly #calls = new Map<Event['type'], Shape>()
  /** How many events it has been told of, and how many of them had a name too many. */
  events = 0
  leftOut = 0

  constructor(options: ShapeOptions) {
    this.#options = options
  }

  add({ event }: Judged): void {
    this.events++
    if (event.type === 'alias') return
    const shape = event.type === 'track' ? this.#shapeOf(this.#tracks, event.event) : this.#shapeOf(this.#calls, event.type)
    if (shape === undefined) this.leftOut++
    else shape.add((event.type === 'identify' || event.type === 'group' ? event.traits : event.properties) ?? {})
  }

  plan(): PlanInput {
    const byName = [...this.#tracks].toSorted(([a], [b]) => (a < b ? -1 : 1))
    const plan: PlanInput = { events: Object.fromEntries(byName.map(([name, shape]) => [name, { schema: shape.schema() }])) }
    for (const type of ['identify', 'group', 'page', 'screen'] as const) {
      const shape = this.#calls.get(type)
      if (shape !== undefined) plan[type] = { schema: shape.schema() }
    }
    return plan
  }

  #shapeOf<Key>(shapes: Map<Key, Shape>, key: Key): Shape | undefined {
    const known = shapes.get(key)
    if (known !== undefined || shapes.size >= maxEvents) return known
    const fresh = new Shape(this.#options)
    shapes.set(key, fresh)
    return fresh
  }
}
