import { Span } from './moment.ts'

const pattern =
  /^([+-])?P(?:(\d+(?:[.,]\d+)?)Y)?(?:(\d+(?:[.,]\d+)?)M)?(?:(\d+(?:[.,]\d+)?)W)?(?:(\d+(?:[.,]\d+)?)D)?(?:T(?:(\d+(?:[.,]\d+)?)H)?(?:(\d+(?:[.,]\d+)?)M)?(?:(\d+(?:[.,]\d+)?)S)?)?$/

/** An ISO 8601 duration (`P1D`, `PT0.001S`, `P1M`); undefined when it is none. */
export function parseSpan(text: string): Span | undefined {
  const match = pattern.exec(text)
  if (match === null || /[PT]$/.test(text)) return undefined
  const [years, months, weeks, days, hours, minutes, seconds] = match.slice(2).map((part) => Number((part ?? '0').replace(',', '.')))
  const wholeMonths = Math.round(years! * 12 + months!)
  const rest = (((weeks! * 7 + days!) * 24 + hours!) * 60 + minutes!) * 60 + seconds!
  const span = new Span(wholeMonths, BigInt(Math.round(rest * 1_000_000)))
  return match[1] === '-' ? span.negated() : span
}
