import type { Interpolation } from '../interpolation.ts'
import type { BackoffComponent } from '../manifest/error-handler.ts'
import { customOf } from '../custom.ts'
import type { Http } from './http.ts'
import { compilePattern } from './pattern.ts'

/** A wait of `seconds`, or the finding that the API asks for a longer one than the manifest allows. */
export interface Delay {
  seconds: number
  isTooLong: boolean
}

interface Moment {
  headers: Headers | undefined
  /** Tries so far: 1 after the first. */
  attempt: number
  /** Milliseconds since the epoch. */
  now: number
  random: () => number
}

/** How long to wait by the first strategy that has an answer; undefined when none has. */
export function strategyDelay(strategies: readonly BackoffComponent[], moment: Moment, http: Http): Delay | undefined {
  for (const strategy of strategies) {
    const seconds = secondsOf(strategy, moment, http)
    if (seconds === undefined) continue
    const limit = 'max_waiting_time_in_seconds' in strategy ? strategy.max_waiting_time_in_seconds : undefined
    return { seconds, isTooLong: limit !== undefined && seconds > amountOf(limit as string | number, strategy, http.interpolation) }
  }
  return undefined
}

function secondsOf(
  strategy: BackoffComponent,
  { headers, attempt, now, random }: Moment,
  { interpolation, custom, runtime }: Http,
): number | undefined {
  const text = (source: string) => interpolation.text(source, strategy.$parameters)
  const amount = (source: string | number) => amountOf(source, strategy, interpolation)
  switch (strategy.type) {
    case 'CustomBackoffStrategy': {
      const place = { component: strategy, config: interpolation.config, context: {}, runtime }
      return customOf(custom, strategy)({ headers, attempt }, place)
    }
    case 'ConstantBackoffStrategy':
      return amount(strategy.backoff_time_in_seconds) + random() * (strategy.jitter === undefined ? 0 : amount(strategy.jitter))
    case 'ExponentialBackoffStrategy':
      return amount(strategy.factor) * 2 ** attempt
    case 'WaitTimeFromHeader': {
      const value = headerValue(headers, text(strategy.header), strategy.regex && text(strategy.regex))
      return value === undefined ? undefined : (number(value) ?? secondsUntilDate(value, now))
    }
    case 'WaitUntilTimeFromHeader': {
      const value = headerValue(headers, text(strategy.header), strategy.regex && text(strategy.regex))
      const least = strategy.min_wait === undefined ? undefined : amount(strategy.min_wait)
      const until = value === undefined ? undefined : secondsUntil(value, now)
      if (until === undefined) return least
      if (least !== undefined) return Math.max(until, least)
      return until < 0 ? undefined : until
    }
  }
}

/** `Retry-After`: seconds, or an HTTP date (RFC 9110, section 10.2.3), as seconds from now. */
export function retryAfter(headers: Headers, now: number): number | undefined {
  const text = headers.get('retry-after')?.trim()
  if (!text) return undefined
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : secondsUntilDate(text, now)
}

/** Seconds from now until a time given as epoch seconds, epoch milliseconds or an HTTP date. */
export function secondsUntil(text: string, now: number): number | undefined {
  const value = number(text)
  if (value === undefined) return secondsUntilDate(text, now)
  return (value > 100_000_000_000 ? value / 1000 : value) - now / 1000
}

function secondsUntilDate(text: string, now: number): number | undefined {
  const date = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000)
}

/** What the header holds, or what the manifest's pattern finds at its beginning: its first group, or all of it. */
function headerValue(headers: Headers | undefined, name: string, pattern: string | undefined): string | undefined {
  const text = headers?.get(name)?.trim()
  if (!text || !pattern) return text || undefined
  const matcher = compilePattern(pattern).matcher(text.slice(0, 1000))
  if (!matcher.find()) return undefined
  return (matcher.groupCount() > 0 ? matcher.group(1) : matcher.group(0)) ?? undefined
}

function number(text: string): number | undefined {
  return /^[-+]?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : undefined
}

function amountOf(source: string | number, strategy: BackoffComponent, interpolation: Interpolation): number {
  const value = Number(interpolation.text(String(source), strategy.$parameters))
  return Number.isFinite(value) && value >= 0 ? value : 0
}
