import { MillraceError } from '../../../lib/error.ts'
import type { Json, JsonObject } from '../../../lib/json.ts'
import { headerObject } from '../http/resolve.ts'
import type { Context } from '../interpolation.ts'
import type { DecoderComponent } from '../manifest/decoder-component.ts'
import type { AsyncRetriever } from '../manifest/stream-component.ts'
import type { Cursor } from './cursor.ts'
import type { Engine } from './engine.ts'
import { extractValues } from './extract.ts'
import { applyPartition } from './partition.ts'
import { isObject } from './path.ts'
import { contextOf, type PageSource, readPages, requestOnce } from './retrieve.ts'
import type { Shaping } from './select.ts'
import type { Slice } from './slice.ts'

/** How long to wait between two looks at a job, in milliseconds; jobs of APIs take seconds to hours. */
const pollEvery = 5000
/** Minutes after which a job counts as timed out when the manifest says nothing. */
const defaultTimeout = 60
/** A job that failed or timed out is created anew so often in all, as in the CDK. */
const maxAttempts = 3

type Ending = 'completed' | 'failed' | 'timeout' | 'ignore'

/**
 * The records of one slice by a job of the API's (component schema, "AsyncRetriever"):
 *
 *   create ─▶ poll ─▶ completed ─▶ find the addresses ─▶ download each ─▶ delete
 *               │ ▲      failed ──▶ create again, three times in all
 *               └─┘      timeout ─▶ abort, create again
 *                        ignore ──▶ no records
 */
export async function* readJob(
  name: string,
  retriever: AsyncRetriever,
  shaping: Shaping,
  slice: Slice,
  cursor: Cursor | undefined,
  engine: Engine,
): AsyncGenerator<JsonObject[]> {
  const job = await runJob(name, retriever, slice, cursor, engine)
  if (job === undefined) return
  const extractor = retriever.download_extractor
  const pages: PageSource = {
    name,
    requester: retriever.download_requester,
    decoder: retriever.download_decoder ?? fileDecoder(retriever),
    paginator: retriever.download_paginator,
    shaping: extractor === undefined ? shaping : { ...shaping, selector: { ...shaping.selector, extractor } },
    sliceOptions: 'none',
    routers: [],
  }
  for (const target of await targets(retriever, job, engine)) {
    const context = withExtra({ ...job, download_target: target })
    yield* readPages(pages, slice, cursor, engine, context)
  }
  if (retriever.delete_requester) await requestOnce(retriever.delete_requester, retriever.decoder, job, engine)
}

/** Creates the job and waits for its end; what it left to know, or undefined when it is to be ignored. */
async function runJob(
  name: string,
  retriever: AsyncRetriever,
  slice: Slice,
  cursor: Cursor | undefined,
  engine: Engine,
): Promise<Context | undefined> {
  for (let attempt = 1; ; attempt++) {
    const creation = await requestOnce(
      retriever.creation_requester,
      retriever.decoder,
      contextOf(slice),
      engine,
      (parts, interpolation) => {
        applyPartition(parts, retriever.partition_router, slice.partition, interpolation)
        if (slice.interval) cursor?.apply(parts, slice.interval)
      },
    )
    if (creation === undefined) return undefined
    const created = withExtra({ ...contextOf(slice), creation_response: described(creation.json, creation.headers) })
    const { ending, context } = await watch(name, retriever, created, engine)
    if (ending === 'completed') return context
    if (ending === 'ignore') return undefined
    if (ending === 'timeout' && retriever.abort_requester) await requestOnce(retriever.abort_requester, retriever.decoder, context, engine)
    if (attempt >= maxAttempts) throw jobFailed(name, ending, attempt, context)
    engine.runtime.log('warn', `a job for ${name} ended as ${ending}; trying again`, { attempt })
  }
}

async function watch(
  name: string,
  retriever: AsyncRetriever,
  created: Context,
  engine: Engine,
): Promise<{ ending: Ending; context: Context }> {
  const { clock, signal } = engine.runtime
  const deadline = clock.now() + timeoutOf(retriever, engine) * 60_000
  for (;;) {
    const polled = await requestOnce(retriever.polling_requester, retriever.decoder, created, engine)
    const response = polled === undefined ? {} : described(polled.json, polled.headers)
    const context = withExtra({ ...created, polling_response: response })
    const [status] = extractValues(response, retriever.status_extractor, context, engine)
    const known = statusOf(retriever, status)
    if (known === undefined) throw unknownStatus(name, status)
    if (known !== 'running') return { ending: known, context }
    if (clock.now() >= deadline) return { ending: 'timeout', context }
    await clock.sleep(pollEvery, signal)
  }
}

function statusOf(retriever: AsyncRetriever, status: Json | undefined): Ending | 'running' | undefined {
  const kinds = ['running', 'completed', 'failed', 'timeout', 'ignore'] as const
  return kinds.find((kind) => retriever.status_mapping[kind].includes(String(status)))
}

/** Where the results are: addresses in the last answer, or in one that is asked for. One download when nothing tells. */
async function targets(retriever: AsyncRetriever, job: Context, engine: Engine): Promise<Json[]> {
  const { download_target_requester: requester, download_target_extractor: extractor } = retriever
  const answer = requester === undefined ? undefined : await requestOnce(requester, retriever.decoder, job, engine)
  const response = requester === undefined ? (job.polling_response as Json) : answer?.json
  if (extractor === undefined) return [null]
  return response === undefined ? [] : extractValues(response, extractor, job, engine)
}

/** Older manifests look for what is known of a job in the slice's `extra_fields`. */
function withExtra(context: Context): Context {
  const slice = context.stream_slice as JsonObject
  const { creation_response, polling_response, download_target } = context as Record<string, Json>
  const known = Object.entries({ creation_response, polling_response, download_target }).filter(([, value]) => value !== undefined)
  const view = { ...slice, extra_fields: { ...(slice.extra_fields as JsonObject), ...Object.fromEntries(known) } }
  return { ...context, stream_slice: view, stream_interval: view, stream_partition: view }
}

function described(json: Json, headers: Headers): Json {
  return isObject(json) && json.headers === undefined ? { ...json, headers: headerObject(headers) } : json
}

/** A file is CSV unless the manifest says otherwise (component schema, "ResponseToFileExtractor"). */
function fileDecoder(retriever: AsyncRetriever): DecoderComponent | undefined {
  if (retriever.download_extractor?.type !== 'ResponseToFileExtractor') return undefined
  return { type: 'GzipDecoder', decoder: { type: 'CsvDecoder', encoding: 'utf-8', delimiter: ',', set_values_to_none: [''] } }
}

function timeoutOf(retriever: AsyncRetriever, engine: Engine): number {
  if (retriever.polling_job_timeout === undefined) return defaultTimeout
  const minutes = Number(engine.interpolation.text(retriever.polling_job_timeout, retriever.$parameters))
  return Number.isFinite(minutes) && minutes > 0 ? minutes : defaultTimeout
}

function jobFailed(name: string, ending: Ending, attempts: number, context: Context): MillraceError {
  const detail = JSON.stringify({ ...(context.polling_response as JsonObject), headers: undefined }).slice(0, 300)
  return new MillraceError({
    code: 'source-job',
    fault: 'transient',
    message: `The API's job for ${name} ${ending === 'timeout' ? 'did not end in time' : 'failed'} (${attempts} tries): ${detail}`,
    mend: 'Run it again later; if it goes on, ask for less at once: a shorter step in the manifest.',
  })
}

function unknownStatus(name: string, status: Json | undefined): MillraceError {
  return new MillraceError({
    code: 'source-job',
    fault: 'config',
    message: `The job for ${name} has the status ${JSON.stringify(status ?? null)}, which status_mapping does not know.`,
    mend: 'Add it to status_mapping in the manifest, or correct status_extractor.',
  })
}
