import type { RE2JS } from 're2js'
import type { Json } from '../../../lib/json.ts'
import type { Interpolation } from '../interpolation.ts'
import type { MatcherComponent } from '../manifest/budget.ts'
import { compilePattern } from './pattern.ts'

/** What is asked of a request: does it count, and for how many. */
export type Matcher = (request: Request) => number | undefined

/**
 * An HttpRequestRegexMatcher: method, scheme and host, path by pattern, and what query and headers must
 * have (component schema). Gives the request's weight, undefined when it does not match.
 */
export function matcherOf(component: MatcherComponent, interpolation: Interpolation): Matcher {
  const text = (source: Json) => (typeof source === 'string' ? interpolation.text(source, {}) : String(source))
  const method = component.method?.toUpperCase()
  const base = component.url_base && text(component.url_base).replace(/\/+$/, '')
  const pattern: RE2JS | undefined = component.url_path_pattern ? compilePattern(text(component.url_path_pattern)) : undefined
  const params = Object.entries(component.params).map(([name, value]) => [name, text(value)] as const)
  const headers = Object.entries(component.headers).map(([name, value]) => [name, text(value)] as const)
  const weight = component.weight === undefined ? 1 : Math.max(1, Number(text(component.weight)) || 1)
  return (request) => {
    const url = new URL(request.url)
    const isMatch =
      (method === undefined || request.method === method) &&
      (!base || url.origin === base) &&
      (pattern === undefined || pattern.matcher(url.pathname.replace(/\/+$/, '')).find()) &&
      params.every(([name, value]) => url.searchParams.getAll(name).includes(value)) &&
      headers.every(([name, value]) => request.headers.get(name) === value)
    return isMatch ? weight : undefined
  }
}
