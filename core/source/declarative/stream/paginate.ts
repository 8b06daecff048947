import { MillraceError } from '../../../lib/error.ts'
import type { Json, JsonObject } from '../../../lib/json.ts'
import { customOf } from '../custom.ts'
import { toJson } from '../expression/value.ts'
import { inject, type RequestParts } from '../http/option.ts'
import type { Accepted } from '../http/answer.ts'
import { headerObject } from '../http/resolve.ts'
import type { Interpolation } from '../interpolation.ts'
import type { PaginatorComponent } from '../manifest/paginator.ts'
import { customPlace, type Engine } from './engine.ts'

/** What a page held, for the decision whether there is another. */
export interface Page {
  answer: Accepted
  /** Records in the answer, before filters. */
  extracted: number
  /** Records after filters, and the last of them. */
  kept: number
  last: JsonObject | undefined
}

/** The token of the next page; null when there is none. Page numbers and offsets are numbers. */
export type Token = Json

/** Pagination by the manifest's strategy (CDK reference, "Pagination"). It keeps nothing: the token is all there is. */
export class Paginator {
  private readonly component: PaginatorComponent
  private readonly interpolation: Interpolation
  private readonly engine: Engine

  constructor(component: PaginatorComponent | undefined, engine: Engine) {
    this.component = component ?? { type: 'NoPagination', $parameters: {} }
    this.interpolation = engine.interpolation
    this.engine = engine
  }

  first(): Token {
    if (this.component.type === 'NoPagination') return null
    const strategy = this.component.pagination_strategy
    if (strategy.type === 'CursorPagination' || strategy.type === 'CustomPaginationStrategy') return null
    if (!strategy.inject_on_first_request) return null
    return strategy.type === 'PageIncrement' ? strategy.start_from_page : 0
  }

  next(page: Page, token: Token): Token {
    if (this.component.type === 'NoPagination') return null
    const strategy = this.component.pagination_strategy
    if (strategy.type === 'CursorPagination') return this.nextCursor(strategy, page)
    if (strategy.type === 'CustomPaginationStrategy') {
      const known = { response: page.answer.json, headers: linkedHeaders(page.answer.headers), count: page.extracted, last: page.last }
      return customOf(this.engine.custom, strategy)(known, token, customPlace(strategy, {}, this.engine))
    }
    const size = this.pageSize({ response: page.answer.json })
    if (page.extracted === 0 || (size !== undefined && page.extracted < size)) return null
    if (strategy.type === 'PageIncrement') return (typeof token === 'number' ? token : strategy.start_from_page) + 1
    return (typeof token === 'number' ? token : 0) + page.extracted
  }

  /** The next page's address, when that is what the token is. */
  address(token: Token): string | undefined {
    if (this.component.type === 'NoPagination' || !isPath(this.component.page_token_option)) return undefined
    return token === null ? undefined : String(token)
  }

  apply(parts: RequestParts, token: Token): void {
    if (this.component.type === 'NoPagination') return
    const { page_token_option: tokenOption, page_size_option: sizeOption } = this.component
    if (tokenOption?.type === 'RequestOption' && !isPath(tokenOption) && token !== null)
      inject(parts, tokenOption, token, this.interpolation)
    const size = sizeOption === undefined ? undefined : this.pageSize({})
    if (sizeOption !== undefined && size !== undefined) inject(parts, sizeOption, size, this.interpolation)
  }

  private nextCursor(strategy: CursorStrategy, page: Page): Token {
    const context = {
      response: page.answer.json,
      headers: linkedHeaders(page.answer.headers),
      last_record: page.last ?? null,
      last_page_size: page.kept,
      page_size: this.pageSize({}) ?? null,
    }
    const { $parameters } = strategy
    if (strategy.stop_condition !== undefined && this.interpolation.condition(strategy.stop_condition, $parameters, context)) return null
    const token = toJson(this.interpolation.value(strategy.cursor_value, $parameters, context))
    return isEmpty(token) ? null : token
  }

  private pageSize(context: Record<string, unknown>): number | undefined {
    if (this.component.type === 'NoPagination') return undefined
    const strategy = this.component.pagination_strategy
    if (strategy.type === 'CustomPaginationStrategy') return undefined
    const { page_size: size, $parameters } = strategy
    if (size === undefined || typeof size === 'number') return size
    const value = Number(this.interpolation.text(size, $parameters, context))
    if (Number.isInteger(value) && value > 0) return value
    throw new MillraceError({
      code: 'invalid-page-size',
      fault: 'config',
      message: `The page size "${size}" of the manifest is not a whole number.`,
      mend: "Check the manifest, and the source's config that the page size reads.",
    })
  }
}

type CursorStrategy = Extract<
  Extract<PaginatorComponent, { type: 'DefaultPaginator' }>['pagination_strategy'],
  { type: 'CursorPagination' }
>

/** A RequestPath, or as versions before 0.30 write it, an option for the path. */
function isPath(option: Extract<PaginatorComponent, { type: 'DefaultPaginator' }>['page_token_option']): boolean {
  return option?.type === 'RequestPath' || (option?.type === 'RequestOption' && option.inject_into === 'path')
}

/** What Python takes for false: there is no next page. */
function isEmpty(token: Json): boolean {
  return !token || (typeof token === 'object' && Object.keys(token).length === 0)
}

function linkedHeaders(headers: Headers): Record<string, unknown> {
  const link = headers.get('link')
  return { ...headerObject(headers), link: link === null ? {} : parseLinks(link) }
}

/** A Link header by relation, as Python's requests gives it: `headers.link.next.url` (RFC 8288). */
export function parseLinks(header: string): Record<string, Record<string, string>> {
  const links: Record<string, Record<string, string>> = {}
  for (const match of header.slice(0, 20_000).matchAll(/<([^<>]*)>([^<]*)/g)) {
    const attributes: Record<string, string> = { url: match[1]! }
    for (const [, name, quoted, bare] of match[2]!.matchAll(/;\s*([\w*-]+)\s*=\s*(?:"([^"]*)"|([^\s;,]+))/g))
      attributes[name!] = quoted ?? bare!
    links[attributes.rel ?? match[1]!] = attributes
  }
  return links
}
