/* Dates as the shop's stack counts them: UTC throughout, weeks from Monday to Sunday. */

export const hour = 3_600_000
export const day = 24 * hour
export const week = 7 * day

/** Monday 00:00 UTC of the week that holds `at`. */
export function startOfWeek(at: number): number {
  const midnight = Math.floor(at / day) * day
  // 1970-01-01 was a Thursday: three days after a Monday.
  return midnight - ((midnight / day + 3) % 7) * day
}

/** The same moment one calendar year earlier; 29 February becomes 28 February. */
export function yearBefore(at: number): number {
  const date = new Date(at)
  const month = date.getUTCMonth()
  date.setUTCFullYear(date.getUTCFullYear() - 1)
  if (date.getUTCMonth() !== month) date.setUTCDate(0)
  return date.getTime()
}

/** Birthdays had by the day of `at`. `birth` is YYYY-MM-DD. */
export function ageOn(birth: string, at: number): number {
  const [year, month, date] = birth.split('-').map(Number) as [number, number, number]
  const on = new Date(at)
  const hadBirthday = on.getUTCMonth() + 1 > month || (on.getUTCMonth() + 1 === month && on.getUTCDate() >= date)
  return on.getUTCFullYear() - year - (hadBirthday ? 0 : 1)
}

/** YYYY-MM-DD of the day `years` calendar years and `days` days before `at`. */
export function birthDate(at: number, years: number, days = 0): string {
  const date = new Date(at - days * day)
  // A birthday on 29 February would make "years ago" ambiguous; nobody in this shop has one.
  if (date.getUTCMonth() === 1 && date.getUTCDate() === 29) date.setUTCDate(28)
  date.setUTCFullYear(date.getUTCFullYear() - years)
  return date.toISOString().slice(0, 10)
}
