import { MillraceError } from '../../../lib/error.ts'
import type { Json, JsonObject } from '../../../lib/json.ts'
import { inject, type RequestParts } from '../http/option.ts'
import type { Interpolation } from '../interpolation.ts'
import type { CursorComponent } from '../manifest/component.ts'
import { formatTime } from '../time/format.ts'
import { addSpan, Moment, type Span } from '../time/moment.ts'
import { parseAnyTime, parseTime } from '../time/parse.ts'
import { parseSpan } from '../time/span.ts'
import { valueAt } from './path.ts'

/** A part of the time range that one request (and its pages) asks for. */
export interface Interval {
  /** As the API is asked, under the names the manifest gives (`start_time`, `end_time`). */
  fields: JsonObject
  start: Moment
  end: Moment
}

/** Beyond this many intervals a step is a mistake: a second over ten years. */
const maxIntervals = 200_000

/** A DatetimeBasedCursor: intervals to ask for, and how far the records have come (CDK reference, "DatetimeBasedCursor"). */
export class TimeCursor {
  readonly field: string
  private readonly component: CursorComponent
  private readonly interpolation: Interpolation
  private readonly now: Moment
  private readonly startField: string
  private readonly endField: string

  constructor(component: CursorComponent, interpolation: Interpolation, now: number) {
    this.component = component
    this.interpolation = interpolation
    this.now = Moment.fromMillis(now)
    this.field = interpolation.text(component.cursor_field, component.$parameters)
    this.startField = interpolation.text(component.partition_field_start ?? 'start_time', component.$parameters)
    this.endField = interpolation.text(component.partition_field_end ?? 'end_time', component.$parameters)
  }

  /** From the state (less the lookback) or the start, to the end or now, in steps. */
  *intervals(state: Json | undefined): Generator<Interval> {
    const { component } = this
    const end = component.end_datetime === undefined ? this.now : earlier(this.boundary(component.end_datetime), this.now)
    const begin = earlier(this.boundary(component.start_datetime), end)
    const reached = state === undefined || state === null ? undefined : this.parse(state)
    const lookback = this.span(component.lookback_window)
    const from = reached === undefined ? begin : later(begin, lookback === undefined ? reached : addSpan(reached, lookback.negated()))
    const step = this.span(component.step)
    const granularity = this.span(component.cursor_granularity)
    let start = from
    for (let count = 0; component.is_compare_strictly ? start.micros < end.micros : start.micros <= end.micros; count++) {
      if (count > maxIntervals) throw this.fault(`the step ${component.step} makes more than ${maxIntervals} intervals`)
      if (step === undefined) {
        yield this.interval(start, end)
        return
      }
      const next = addSpan(start, step)
      if (next.micros <= start.micros) throw this.fault(`the step ${component.step} does not advance`)
      yield this.interval(start, earlier(granularity === undefined ? next : addSpan(next, granularity.negated()), end))
      start = next
    }
  }

  apply(parts: RequestParts, interval: Interval): void {
    const { start_time_option: startOption, end_time_option: endOption } = this.component
    if (startOption) inject(parts, startOption, interval.fields[this.startField]!, this.interpolation)
    if (endOption) inject(parts, endOption, interval.fields[this.endField]!, this.interpolation)
  }

  /** The record's cursor as the API writes it and as a time; undefined when it has none that can be read. */
  valueOf(record: JsonObject): { value: Json; moment: Moment } | undefined {
    const value = valueAt(record, this.field.split('.')) ?? valueAt(record, [this.field])
    if (value === undefined || value === null || value === '') return undefined
    const moment = this.tryParse(value)
    return moment && { value, moment }
  }

  /** False for a record outside the interval, which a client-side incremental stream drops. */
  keeps(record: JsonObject, interval: Interval): boolean {
    if (!this.component.is_client_side_incremental) return true
    const cursor = this.valueOf(record)
    return cursor === undefined || (cursor.moment.micros >= interval.start.micros && cursor.moment.micros <= interval.end.micros)
  }

  /** True when a feed that runs from new to old has come to what was read before. */
  isPast(record: JsonObject | undefined, interval: Interval): boolean {
    if (!this.component.is_data_feed || record === undefined) return false
    const cursor = this.valueOf(record)
    return cursor !== undefined && cursor.moment.micros < interval.start.micros
  }

  /** The further of two cursor values, as the API wrote it. A value after the interval is not yet covered. */
  further(reached: Json | undefined, record: JsonObject, interval: Interval): Json | undefined {
    const cursor = this.valueOf(record)
    if (cursor === undefined || cursor.moment.micros > interval.end.micros) return reached
    const before = reached === undefined || reached === null ? undefined : this.tryParse(reached)
    return before === undefined || cursor.moment.micros > before.micros ? cursor.value : reached
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

  private boundary(component: CursorComponent['start_datetime']): Moment {
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

  private interval(start: Moment, end: Moment): Interval {
    const format = this.component.datetime_format
    const fields = { [this.startField]: formatTime(start, format), [this.endField]: formatTime(end, format) }
    return { fields, start, end }
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

function earlier(a: Moment, b: Moment): Moment {
  return a.micros <= b.micros ? a : b
}

function later(a: Moment, b: Moment): Moment {
  return a.micros >= b.micros ? a : b
}
