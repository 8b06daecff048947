import type { Interpolation } from '../interpolation.ts'
import type { BackoffComponent } from '../manifest/component.ts'

/** Seconds to wait that the strategies find, the first that has an answer; undefined when none has. */
export function strategyDelay(
  strategies: readonly BackoffComponent[],
  headers: Headers | undefined,
  attempt: number,
  now: number,
  interpolation: Interpolation,
): number | undefined {
  for (const strategy of strategies) {
    const delay = delayOf(strategy, headers, attempt, now, interpolation)
    if (delay !== undefined) return delay
  }
  return undefined
}

function delayOf(
  strategy: BackoffComponent,
  headers: Headers | undefined,
  attempt: number,
  now: number,
  interpolation: Interpolation,
): number | undefined {
  const number = (source: string | number) => Number(interpolation.text(String(source), strategy.$parameters))
  switch (strategy.type) {
    case 'ConstantBackoffStrategy':
      return number(strategy.backoff_time_in_seconds)
    case 'ExponentialBackoffStrategy':
      return number(strategy.factor) * 2 ** attempt
    case 'WaitTimeFromHeader':
      return headerNumber(headers, interpolation.text(strategy.header, strategy.$parameters), strategy.regex)
    case 'WaitUntilTimeFromHeader': {
      const until = headerNumber(headers, interpolation.text(strategy.header, strategy.$parameters), strategy.regex)
      const least = strategy.min_wait === undefined ? undefined : number(strategy.min_wait)
      return until === undefined ? least : Math.max(until - now / 1000, least ?? 0, 0)
    }
  }
}

/** `Retry-After`: seconds, or an HTTP date (RFC 9110, section 10.2.3), as seconds from now. */
export function retryAfter(headers: Headers, now: number): number | undefined {
  const text = headers.get('retry-after')?.trim()
  if (!text) return undefined
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text)
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000)
}

/** The number in a header, found by the manifest's pattern (its first group) or as the first number there is. */
function headerNumber(headers: Headers | undefined, name: string, pattern: string | undefined): number | undefined {
  const text = headers?.get(name)
  if (!text) return undefined
  const match = pattern === undefined ? /-?\d+(\.\d+)?/.exec(text) : safePattern(pattern)?.exec(text.slice(0, 1000))
  const number = Number(match?.[1] ?? match?.[0])
  return match && Number.isFinite(number) ? number : undefined
}

/** Nested or repeated open-ended quantifiers can take a backtracking engine forever; such patterns are not run. */
function safePattern(pattern: string): RegExp | undefined {
  const quantifiers = pattern.match(/[*+]|\{\d+,\d*\}/g)?.length ?? 0
  if (pattern.length > 200 || quantifiers > 2 || /\)[*+{]/.test(pattern)) return undefined
  try {
    return new RegExp(pattern)
  } catch {
    return undefined
  }
}
