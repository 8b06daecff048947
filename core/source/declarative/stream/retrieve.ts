import { MillraceError } from '../../../lib/error.ts'
import type { Json, JsonObject } from '../../../lib/json.ts'
import { customOf } from '../custom.ts'
import type { BodyDecoder } from '../decode/answer.ts'
import type { Accepted } from '../http/answer.ts'
import { requesterParts } from '../http/parts.ts'
import { send } from '../http/request.ts'
import { PaginationReset } from '../http/reset.ts'
import { requestUrl } from '../http/url.ts'
import type { Context, Interpolation } from '../interpolation.ts'
import type { PaginatorComponent } from '../manifest/paginator.ts'
import type { RequesterComponent } from '../manifest/requester.ts'
import type { DecoderComponent } from '../manifest/decoder-component.ts'
import type { RouterComponent } from '../manifest/stream-component.ts'
import { type Cursor, isPast, isWanted } from './cursor.ts'
import { customPlace, type Engine } from './engine.ts'
import { extractRecords } from './extract.ts'
import { Paginator, type Token } from './paginate.ts'
import { applyPartition } from './partition.ts'
import { shape, type Shaping } from './select.ts'
import type { Slice } from './slice.ts'

/** Requests whose answers are pages of records. */
export interface PageSource {
  name: string
  requester: RequesterComponent
  decoder: DecoderComponent | undefined
  paginator: PaginatorComponent | undefined
  shaping: Shaping
  /** Routers and the cursor say what to ask for on all requests, on the first only, or not here. */
  sliceOptions: 'all' | 'first' | 'none'
  routers: readonly RouterComponent[]
}

/** Records decoded from a stream that are handed on at once. */
const itemsPerBatch = 500

/** How often the pages of one slice are read again from the first before that is taken for an error. */
const maxResets = 10

/** The records of one slice, page by page; from the first page again where the error handler says so. */
export async function* readPages(
  source: PageSource,
  slice: Slice,
  cursor: Cursor | undefined,
  engine: Engine,
  extra: Context = {},
): AsyncGenerator<JsonObject[]> {
  const { interpolation } = engine
  const paginator = new Paginator(source.paginator, engine)
  const sliceContext = { ...contextOf(slice), ...extra }
  const { interval } = slice
  let token: Token = paginator.first()
  let isFirst = true
  let resets = 0
  let before: { token: Token; text: string } | undefined
  for (;;) {
    const context: Context = { ...sliceContext, next_page_token: token === null ? null : { next_page_token: token } }
    const parts = requesterParts(source.requester, context, interpolation)
    paginator.apply(parts, token)
    if (source.sliceOptions === 'all' || (isFirst && source.sliceOptions === 'first')) {
      applyPartition(parts, source.routers, slice.partition, interpolation)
      if (interval) cursor?.apply(parts, interval)
    }
    let answer: Accepted | PaginationReset | undefined
    if (isFirst && slice.partition.embedded !== undefined) answer = embeddedAnswer(slice.partition.embedded)
    else {
      const url = requestUrl(source.requester, paginator.address(token), context, interpolation)
      answer = await sendOrReset(source.requester, url, parts, engine, bodyDecoder(source.decoder, context, engine))
    }
    if (answer === undefined) return
    if (answer instanceof PaginationReset) {
      if (++resets > maxResets) throw resetTooOften(source.name, answer)
      token = paginator.first()
      isFirst = true
      before = undefined
      continue
    }
    let extracted = 0
    let kept = 0
    let last: JsonObject | undefined
    for await (const body of batches(answer)) {
      const found = body.flatMap((item) => extractRecords(item, source.shaping.selector.extractor, context, engine))
      const records = shape(found, source.shaping, context, engine)
      extracted += found.length
      kept += records.length
      last = records.at(-1) ?? last
      const wanted =
        interval === undefined || cursor === undefined ? records : records.filter((record) => isWanted(cursor, record, interval))
      if (wanted.length > 0) yield wanted
    }
    if (interval !== undefined && cursor !== undefined && isPast(cursor, last, interval)) return
    const next = paginator.next({ answer, extracted, kept, last }, token)
    if (next === null) return
    if (before !== undefined && sameToken(before.token, next) && before.text === answer.text && extracted > 0)
      throw stuck(source.name, next)
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

/** What expressions know of a slice. */
export function contextOf(slice: Slice): Context {
  const { key, extra } = slice.partition
  const fields = slice.interval?.fields ?? {}
  const view: JsonObject = { partition: key, cursor_slice: fields, extra_fields: extra, ...fields, ...key }
  return { stream_slice: view, stream_interval: view, stream_partition: view }
}

/** A decoder ready to read a body. */
export function bodyDecoder(component: DecoderComponent | undefined, context: Context, engine: Engine): BodyDecoder {
  if (component === undefined) return { type: 'JsonDecoder' }
  if (component.type === 'GzipDecoder' || component.type === 'ZipfileDecoder') {
    return { type: component.type, decoder: bodyDecoder(component.decoder, context, engine) }
  }
  if (component.type !== 'CustomDecoder') return component
  const decode = customOf(engine.custom, component)
  return (bytes) => decode(bytes, customPlace(component, context, engine))
}

async function* batches(answer: Accepted): AsyncGenerator<Json[]> {
  if (answer.items === undefined) {
    yield [answer.json]
    return
  }
  let batch: Json[] = []
  for await (const item of answer.items) {
    if (batch.push(item) < itemsPerBatch) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/** The first page of a substream when its parent's record has it. */
function embeddedAnswer(json: Json): Accepted {
  return { status: 200, headers: new Headers(), text: JSON.stringify(json), json }
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

/** One request outside pagination, with its JSON body. */
export async function requestOnce(
  requester: RequesterComponent,
  decoder: DecoderComponent | undefined,
  context: Context,
  engine: Engine,
  apply: (parts: ReturnType<typeof requesterParts>, interpolation: Interpolation) => void = () => undefined,
): Promise<Accepted | undefined> {
  const { interpolation } = engine
  const parts = requesterParts(requester, context, interpolation)
  apply(parts, interpolation)
  const url = requestUrl(requester, undefined, context, interpolation)
  return send(requester, url, parts, engine, bodyDecoder(decoder, context, engine))
}
