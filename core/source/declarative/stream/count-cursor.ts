import { MillraceError } from '../../../lib/error.ts'
import type { Json } from '../../../lib/json.ts'
import { inject, type RequestParts } from '../http/option.ts'
import type { Interpolation } from '../interpolation.ts'
import type { CountCursorComponent } from '../manifest/cursor-component.ts'
import type { Beginning, Cursor } from './cursor.ts'
import type { Interval } from './slice.ts'

const startField = 'start'

/**
 * An IncrementingCountCursor: a number that only grows. What was reached is asked for again, and records
 * before it are dropped (component schema, "IncrementingCountCursor").
 */
export class CountCursor implements Cursor {
  readonly field: string
  readonly isGlobal = false
  readonly isClientSide = true
  readonly isFeed = false
  private readonly component: CountCursorComponent
  private readonly interpolation: Interpolation

  constructor(component: CountCursorComponent, interpolation: Interpolation) {
    this.component = component
    this.interpolation = interpolation
    this.field = interpolation.text(component.cursor_field, component.$parameters)
  }

  *intervals({ state, range }: Beginning): Generator<Interval> {
    const { component } = this
    const source = component.start_value === undefined ? '0' : this.interpolation.text(component.start_value, component.$parameters)
    const value = range?.from ?? (state === undefined || state === null ? source : String(state))
    const start = this.parse(value)
    const to = range?.to === undefined ? undefined : this.parse(range.to) - 1n
    if (to !== undefined && to < start) return
    yield { fields: { [startField]: Number(start) }, start, end: to, ...(range === undefined ? {} : { isExact: true }) }
  }

  positionOf(value: Json): bigint | undefined {
    if (typeof value === 'number') return BigInt(Math.floor(value))
    return typeof value === 'string' && /^-?\d+$/.test(value.trim()) ? BigInt(value.trim()) : undefined
  }

  apply(parts: RequestParts, interval: Interval): void {
    const option = this.component.start_value_option
    if (option) inject(parts, option, interval.fields[startField]!, this.interpolation)
  }

  private parse(text: string): bigint {
    const position = this.positionOf(text)
    if (position !== undefined) return position
    throw new MillraceError({
      code: 'invalid-cursor',
      fault: 'config',
      message: `The cursor on "${this.field}" cannot be used: "${text}" is not a whole number.`,
      mend: "Check incremental_sync of the manifest, and the source's config that start_value reads.",
    })
  }
}
