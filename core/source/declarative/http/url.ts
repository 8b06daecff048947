import { MillraceError } from '../../../lib/error.ts'
import type { Context, Interpolation } from '../interpolation.ts'
import type { RequesterComponent } from '../manifest/requester.ts'

/** The address of a request; `page` replaces the path when the API gives the next page's address. */
export function requestUrl(
  requester: RequesterComponent,
  page: string | undefined,
  context: Context,
  interpolation: Interpolation,
): string {
  const text = (source: string | undefined) => interpolation.text(source ?? '', requester.$parameters, context).trim()
  const base = text(requester.url_base) || text(requester.url)
  const path = page ?? text(requester.path)
  const joined = joinUrl(base, path)
  const url = URL.canParse(joined) ? new URL(joined) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return joined
  throw new MillraceError({
    code: 'invalid-url',
    fault: 'config',
    message: `"${joined}" is not an address of http or https; the manifest makes it of "${requester.url_base ?? requester.url ?? ''}" and "${requester.path ?? ''}".`,
    mend: "Check the settings of the source's config that the address is made of.",
  })
}

/** Python's urljoin as the CDK uses it: an absolute path replaces the base, any other is appended. */
export function joinUrl(base: string, path: string): string {
  if (path === '') return base
  if (/^https?:\/\//i.test(path)) return path
  return `${base.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`
}

/** Adds the query; a pair that the address already has (a next-page link has them all) is not sent twice. */
export function withQuery(url: string, query: readonly [string, string][]): string {
  const target = new URL(url)
  const present = [...target.searchParams]
  for (const [name, value] of query) {
    if (!present.some(([key, existing]) => key === name && existing === value)) target.searchParams.append(name, value)
  }
  return target.href
}

/** For messages: a query may hold keys. */
export function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url)
  return origin + pathname
}
