import { addSpan, Moment, momentOf, microsPerDay, Span } from '../time/moment.ts'

/** What a period is, as time windows are clamped to it (component schema, "DatetimeBasedCursor", `clamping`). */
export type Clamping = { unit: 'day' } | { unit: 'month' } | { unit: 'week'; /** 0 is Monday. */ weekday: number }

const weekdays = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY']

/** Undefined for a target that is none. */
export function readClamping(target: string, weekday = 'MONDAY'): Clamping | undefined {
  const unit = target.trim().toUpperCase()
  if (unit === 'DAY') return { unit: 'day' }
  if (unit === 'MONTH') return { unit: 'month' }
  const day = weekdays.indexOf(weekday.toUpperCase())
  return unit === 'WEEK' && day !== -1 ? { unit: 'week', weekday: day } : undefined
}

/** The beginning of the period that the moment is in. */
export function clampDown(moment: Moment, clamping: Clamping): Moment {
  const { year, month, day, weekday } = moment.fields
  const midnight = { year, month, day: clamping.unit === 'month' ? 1 : day, hour: 0, minute: 0, second: 0, micro: 0 }
  const start = momentOf(midnight, moment.offset)!
  if (clamping.unit !== 'week') return start
  return new Moment(start.micros - BigInt((weekday - clamping.weekday + 7) % 7) * microsPerDay, moment.offset)
}

/** The moment when a period begins with it, else the beginning of the next. */
export function clampUp(moment: Moment, clamping: Clamping): Moment {
  const start = clampDown(moment, clamping)
  if (start.micros === moment.micros) return moment
  if (clamping.unit === 'month') return addSpan(start, new Span(1, 0n))
  return addSpan(start, new Span(0, microsPerDay * (clamping.unit === 'week' ? 7n : 1n)))
}
