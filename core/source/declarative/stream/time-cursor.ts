import { MillraceError } from '../../../lib/error.ts'
import type { Json } from '../../../lib/json.ts'
import { inject, type RequestParts } from '../http/option.ts'
import type { Interpolation } from '../interpolation.ts'
import type { DatetimeCursorComponent } from '../manifest/cursor-component.ts'
import { formatTime } from '../time/format.ts'
import { addSpan, Moment, Span } from '../time/moment.ts'
import { parseAnyTime, parseTime } from '../time/parse.ts'
import { parseSpan } from '../time/span.ts'
import { type Clamping, clampDown, clampUp, readClamping } from './clamp.ts'
import type { Beginning, Cursor } from './cursor.ts'
import type { Interval } from './slice.ts'

/** Beyond this many intervals a step is a mistake: a second over ten years. */
const maxIntervals = 200_000

/** A DatetimeBasedCursor (CDK reference, "DatetimeBasedCursor"). Positions are microseconds since the epoch. */
export class TimeCursor implements Cursor {
  readonly field: string
  readonly isGlobal: boolean
  readonly isClientSide: boolean
  readonly isFeed: boolean
  private readonly component: DatetimeCursorComponent
  private readonly interpolation: Interpolation
  private readonly now: Moment
  private readonly startField: string
  private readonly endField: string

  constructor(component: DatetimeCursorComponent, interpolation: Interpolation, now: number) {
    this.component = component
    this.interpolation = interpolation
    this.now = Moment.fromMillis(now)
    this.isGlobal = component.global_substream_cursor
    this.isClientSide = component.is_client_side_incremental
    this.isFeed = component.is_data_feed
    this.field = interpolation.text(component.cursor_field, component.$parameters)
    this.startField = interpolation.text(component.partition_field_start ?? 'start_time', component.$parameters)
    this.endField = interpolation.text(component.partition_field_end ?? 'end_time', component.$parameters)
  }

  /** From the state (less the lookback) or the start, to the end or now, in steps; or the range of a backfill. */
  *intervals(beginning: Beginning): Generator<Interval> {
    const { component } = this
    const step = this.span(component.step)
    const granularity = this.span(component.cursor_granularity)
    const clamping = this.clamping()
    const { start: from, end: to } = this.bounds(beginning)
    let start = clamping === undefined ? from : clampUp(from, clamping)
    const end = clamping === undefined ? to : before(clampDown(to, clamping), granularity ?? new Span(0, 1n))
    for (let count = 0; component.is_compare_strictly ? start.micros < end.micros : start.micros <= end.micros; count++) {
      if (count > maxIntervals) throw this.fault(`the step ${component.step} makes more than ${maxIntervals} intervals`)
      const next = step === undefined ? undefined : addSpan(start, step)
      if (next === undefined) {
        yield this.interval(start, end, beginning)
        return
      }
      if (next.micros <= start.micros) throw this.fault(`the step ${component.step} does not advance`)
      yield this.interval(start, earlier(granularity === undefined ? next : before(next, granularity), end), beginning)
      start = next
    }
  }

  positionOf(value: Json): bigint | undefined {
    return this.tryParse(value)?.micros
  }

  apply(parts: RequestParts, interval: Interval): void {
    const { start_time_option: startOption, end_time_option: endOption } = this.component
    if (startOption) inject(parts, startOption, interval.fields[this.startField]!, this.interpolation)
    if (endOption) inject(parts, endOption, interval.fields[this.endField]!, this.interpolation)
  }

  private bounds({ state, range, lookback = 0 }: Beginning): { start: Moment; end: Moment } {
    const { component } = this
    const limit = component.end_datetime === undefined ? this.now : earlier(this.boundary(component.end_datetime), this.now)
    // What a backfill excludes is left to isWanted: the API may know no finer time than its format.
    const end = range?.to === undefined ? limit : this.parse(range.to)
    if (range?.from !== undefined) return { start: this.parse(range.from), end }
    const begin = earlier(this.boundary(component.start_datetime), end)
    if (state === undefined || state === null) return { start: begin, end }
    const reached = this.parse(state)
    const own = this.span(component.lookback_window)
    const back = earlier(own === undefined ? reached : before(reached, own), before(reached, new Span(0, BigInt(lookback) * 1_000_000n)))
    return { start: later(begin, back), end }
  }

  private interval(start: Moment, end: Moment, { range }: Beginning): Interval {
    const format = this.component.datetime_format
    const fields = { [this.startField]: formatTime(start, format), [this.endField]: formatTime(end, format) }
    if (range === undefined) return { fields, start: start.micros, end: end.micros }
    const last = range.to === undefined ? end.micros : this.parse(range.to).micros - 1n
    return { fields, start: start.micros, end: end.micros < last ? end.micros : last, isExact: true }
  }

  private clamping(): Clamping | undefined {
    const { clamping, $parameters } = this.component
    if (clamping === undefined) return undefined
    const target = this.interpolation.text(clamping.target, $parameters)
    const known = readClamping(target, clamping.target_details?.weekday)
    if (known === undefined) throw this.fault(`"${target}" is nothing to clamp to; DAY, WEEK and MONTH are`)
    return known
  }

  private parse(value: Json): Moment {
    const moment = this.tryParse(value)
    if (moment === undefined) throw this.fault(`"${String(value)}" is in none of its formats`)
    return moment
  }

  private tryParse(value: Json): Moment | undefined {
    const text = String(value)
    for (const format of [...this.component.cursor_datetime_formats, this.component.datetime_format]) {
      const moment = parseTime(text, format)
      if (moment !== undefined) return moment
    }
    return parseAnyTime(text)
  }

  private boundary(component: DatetimeCursorComponent['start_datetime']): Moment {
    if (typeof component === 'string') return this.evaluate(component, this.component.datetime_format)
    const format = component.datetime_format ?? this.component.datetime_format
    let moment = this.evaluate(component.datetime, format, component.$parameters)
    if (component.min_datetime) moment = later(moment, this.evaluate(component.min_datetime, format, component.$parameters))
    if (component.max_datetime) moment = earlier(moment, this.evaluate(component.max_datetime, format, component.$parameters))
    return moment
  }

  private evaluate(source: string, format: string, parameters = this.component.$parameters): Moment {
    const text = this.interpolation.text(source, parameters).trim()
    const moment = parseTime(text, format) ?? parseAnyTime(text)
    if (moment === undefined) throw this.fault(`"${text}" (of "${source}") is not a time of the format ${format}`)
    return moment
  }

  private span(source: string | undefined): Span | undefined {
    const text = source === undefined ? '' : this.interpolation.text(source, this.component.$parameters).trim()
    if (text === '') return undefined
    const span = parseSpan(text)
    if (span === undefined) throw this.fault(`"${text}" is not an ISO 8601 duration`)
    return span
  }

  private fault(reason: string): MillraceError {
    return new MillraceError({
      code: 'invalid-cursor',
      fault: 'config',
      message: `The cursor on "${this.field}" cannot be used: ${reason}.`,
      mend: "Check incremental_sync of the manifest, and the dates in the source's config.",
    })
  }
}

function before(moment: Moment, span: Span): Moment {
  return addSpan(moment, span.negated())
}

function earlier(a: Moment, b: Moment): Moment {
  return a.micros <= b.micros ? a : b
}

function later(a: Moment, b: Moment): Moment {
  return a.micros >= b.micros ? a : b
}
