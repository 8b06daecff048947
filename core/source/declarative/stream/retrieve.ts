import { MillraceError } from '../../../lib/error.ts'
import type { Json, JsonObject } from '../../../lib/json.ts'
import type { Accepted } from '../http/answer.ts'
import type { Http } from '../http/http.ts'
import { requesterParts } from '../http/parts.ts'
import { send } from '../http/request.ts'
import { PaginationReset } from '../http/reset.ts'
import { requestUrl } from '../http/url.ts'
import type { Context } from '../interpolation.ts'
import type { StreamComponent } from '../manifest/component.ts'
import type { Interval, TimeCursor } from './cursor.ts'
import { Paginator, type Token } from './paginate.ts'
import { applyPartition, type Partition } from './partition.ts'
import { extract, shape } from './select.ts'

export interface Slice {
  partition: Partition
  /** Missing for a stream without a cursor. */
  interval?: Interval
}

export type Engine = Http

/** How often the pages of one slice are read again from the first before that is taken for an error. */
const maxResets = 10

/** The records of one slice, page by page; from the first page again where the error handler says so. */
export async function* readPages(
  stream: StreamComponent,
  slice: Slice,
  cursor: TimeCursor | undefined,
  engine: Engine,
): AsyncGenerator<JsonObject[]> {
  const { retriever } = stream
  const { interpolation } = engine
  const paginator = new Paginator(retriever.paginator, interpolation)
  const sliceContext = contextOf(slice)
  let token: Token = paginator.first()
  let isFirst = true
  let resets = 0
  let before: { token: Token; text: string } | undefined
  for (;;) {
    const context: Context = { ...sliceContext, next_page_token: token === null ? null : { next_page_token: token } }
    const parts = requesterParts(retriever.requester, context, interpolation)
    paginator.apply(parts, token)
    if (isFirst || !retriever.ignore_stream_slicer_parameters_on_paginated_requests) {
      applyPartition(parts, retriever.partition_router, slice.partition, interpolation)
      if (slice.interval) cursor?.apply(parts, slice.interval)
    }
    const url = requestUrl(retriever.requester, paginator.address(token), context, interpolation)
    const answer = await sendOrReset(retriever.requester, url, parts, engine)
    if (answer === undefined) return
    if (answer instanceof PaginationReset) {
      if (++resets > maxResets) throw resetTooOften(stream.name, answer)
      token = paginator.first()
      isFirst = true
      before = undefined
      continue
    }
    const extracted = extract(answer.json, retriever.record_selector, interpolation)
    const count = extracted.length
    const records = shape(extracted, retriever.record_selector, stream.transformations, context, interpolation)
    const { interval } = slice
    const kept = interval === undefined || cursor === undefined ? records : records.filter((record) => cursor.keeps(record, interval))
    if (kept.length > 0) yield kept
    const last = records.at(-1)
    if (interval !== undefined && cursor?.isPast(last, interval)) return
    const next = paginator.next({ answer, extracted: count, kept: records.length, last }, token)
    if (next === null) return
    if (before !== undefined && sameToken(before.token, next) && before.text === answer.text && count > 0) throw stuck(stream.name, next)
    before = { token: next, text: answer.text }
    token = next
    isFirst = false
  }
}

async function sendOrReset(...request: Parameters<typeof send>): Promise<Accepted | PaginationReset | undefined> {
  try {
    return await send(...request)
  } catch (thrown) {
    if (thrown instanceof PaginationReset) return thrown
    throw thrown
  }
}

function resetTooOften(stream: string, reset: PaginationReset): MillraceError {
  return new MillraceError({
    code: 'pagination-reset',
    fault: 'transient',
    message: `The pages of ${stream} were read from the first again ${maxResets} times, and the API still refuses one: ${reset.message}`,
    mend: 'Run it again later; if it persists, read smaller slices (the step of the cursor).',
  })
}

function contextOf(slice: Slice): Context {
  const { key, extra } = slice.partition
  const fields = slice.interval?.fields ?? {}
  const view: JsonObject = { partition: key, cursor_slice: fields, extra_fields: extra, ...fields, ...key }
  return { stream_slice: view, stream_interval: view, stream_partition: view }
}

function sameToken(a: Json, b: Json): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** The same page twice with the same token for the next: it would never end. */
function stuck(stream: string, token: Json): MillraceError {
  return new MillraceError({
    code: 'pagination-stuck',
    fault: 'config',
    message: `The pagination of ${stream} does not advance: the API gave the same page and the same next token ${JSON.stringify(token).slice(0, 100)} again.`,
    mend: "Correct the paginator's page_token_option or cursor_value in the manifest.",
  })
}
