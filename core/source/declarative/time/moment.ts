/*
 * Points in time with Python's semantics (datetime.datetime, datetime.date, datetime.timedelta,
 * isodate.Duration), in whole microseconds: JavaScript's Date has milliseconds only, and cursors of
 * APIs are often finer.
 */

export const microsPerSecond = 1_000_000n
export const microsPerDay = 86_400_000_000n

/** A datetime.datetime. `offset` is its zone in minutes east of UTC, null when it is naive (then it reads as UTC). */
export class Moment {
  /** Microseconds since the epoch, in UTC. */
  readonly micros: bigint
  readonly offset: number | null

  constructor(micros: bigint, offset: number | null = 0) {
    this.micros = micros
    this.offset = offset
  }

  static fromMillis(millis: number): Moment {
    return new Moment(BigInt(Math.trunc(millis)) * 1000n)
  }

  /** What its clock on the wall shows. */
  get fields(): Fields {
    return fieldsOf(this.micros + BigInt(this.offset ?? 0) * 60n * microsPerSecond)
  }
}

/** A datetime.date: whole days since 1970-01-01. */
export class Day {
  readonly days: number

  constructor(days: number) {
    this.days = days
  }

  get fields(): Fields {
    return fieldsOf(BigInt(this.days) * microsPerDay)
  }
}

/** A datetime.timedelta, or with months an isodate.Duration. */
export class Span {
  readonly months: number
  readonly micros: bigint

  constructor(months: number, micros: bigint) {
    this.months = months
    this.micros = micros
  }

  negated(): Span {
    return new Span(-this.months, -this.micros)
  }
}

export interface Fields {
  year: number
  /** 1 to 12 */
  month: number
  day: number
  hour: number
  minute: number
  second: number
  micro: number
  /** 0 is Monday, as in Python. */
  weekday: number
  /** 1 to 366 */
  dayOfYear: number
}

export function fieldsOf(wallMicros: bigint): Fields {
  const days = floorDiv(wallMicros, microsPerDay)
  const rest = Number(wallMicros - days * microsPerDay)
  const date = new Date(Number(days) * 86_400_000)
  const year = date.getUTCFullYear()
  return {
    year,
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: Math.floor(rest / 3_600_000_000),
    minute: Math.floor(rest / 60_000_000) % 60,
    second: Math.floor(rest / 1_000_000) % 60,
    micro: rest % 1_000_000,
    weekday: (date.getUTCDay() + 6) % 7,
    dayOfYear: Number(days) - daysFromCivil(year, 1, 1) + 1,
  }
}

/** Days since 1970-01-01 of a date of the proleptic Gregorian calendar; undefined when there is no such date. */
export function civilDay(year: number, month: number, day: number): number | undefined {
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined
  return daysFromCivil(year, month, day)
}

/** The moment a clock in the zone `offset` shows these fields; undefined when there is no such date or time. */
export function momentOf(fields: Omit<Fields, 'weekday' | 'dayOfYear'>, offset: number | null): Moment | undefined {
  const day = civilDay(fields.year, fields.month, fields.day)
  if (day === undefined || fields.hour > 23 || fields.minute > 59 || fields.second > 59) return undefined
  const seconds = BigInt(day) * 86_400n + BigInt(fields.hour * 3600 + fields.minute * 60 + fields.second - (offset ?? 0) * 60)
  return new Moment(seconds * microsPerSecond + BigInt(fields.micro), offset)
}

/** Adds months first (the day clipped to the month's end, as isodate does), then the rest. */
export function addSpan(moment: Moment, span: Span): Moment {
  let micros = moment.micros
  if (span.months !== 0) {
    const fields = moment.fields
    const count = fields.year * 12 + fields.month - 1 + span.months
    const year = Math.floor(count / 12)
    const month = (((count % 12) + 12) % 12) + 1
    const day = Math.min(fields.day, daysInMonth(year, month))
    micros += BigInt(daysFromCivil(year, month, day) - daysFromCivil(fields.year, fields.month, fields.day)) * microsPerDay
  }
  return new Moment(micros + span.micros, moment.offset)
}

export function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient
}

export function daysInMonth(year: number, month: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]!
}

function daysFromCivil(year: number, month: number, day: number): number {
  // Date.UTC reads years 0 to 99 as 1900 to 1999; setUTCFullYear does not.
  return Math.round(new Date(0).setUTCFullYear(year, month - 1, day) / 86_400_000)
}
