import type { Acceptance } from '#core/event/accept.ts'
import type { Call, Told } from '#core/event/dialect/dialect.ts'
import type { EdgeSource } from '#core/event/edge-config.ts'
import { type Parsed, parseJson } from '#core/event/parse.ts'
import { parseTime } from '#core/event/schema.ts'
import { MillraceError } from '#core/lib/error.ts'
import { fail, ok, type Result } from '#core/lib/result.ts'
import { asPixel, failed, kept, notKept, refuse, said, toSender } from '../answer.ts'
import { publicationOf, usersOf, type Visit } from '../services.ts'
import { readBody } from '../body.ts'
import { RequestVisitor } from '../visitor.ts'
import { bearerOf, writeKeyOf } from '../write-key.ts'
import { countRefusal } from './count-refusal.ts'
import { keep } from './keep.ts'
import type { SdkRoute } from './sdk-routes.ts'

/** Takes the events of an SDK: resolves once they are durable, or to why they are not. */
export async function collect(route: SdkRoute, visit: Visit): Promise<Response> {
  // Each of these is a call into the runtime, so they are asked for once.
  const { headers } = visit.request
  const origin = headers.get('origin')
  let answer: Response
  try {
    const outcome = await take(route, visit, headers, origin)
    answer = outcome.ok ? answerTo(route, outcome.value, origin) : await toSender(visit.request, outcome.refusal)
  } catch (thrown) {
    answer = await toSender(visit.request, failed(thrown as Error))
  }
  countRefusal(visit, answer)
  return route.pixel ? asPixel(answer) : answer
}

interface Kept {
  told: Told
  taken: Acceptance
  cookie: string | undefined
}
type Outcome = { ok: true; value: Kept } | { ok: false; refusal: Response }

function answerTo({ reply }: SdkRoute, { told, taken, cookie }: Kept, origin: string | null): Response {
  if (reply !== undefined) return said(reply(told, taken), origin, cookie)
  if (taken.rejections.length === 0) return kept(origin, cookie)
  const rejected = taken.rejections.map(({ index, error }) => ({ index, code: error.code, message: error.message, field: error.at?.field }))
  return said({ success: true, accepted: taken.lines.length, rejected }, origin, cookie)
}

async function take({ dialect, pixel }: SdkRoute, visit: Visit, headers: Headers, origin: string | null): Promise<Outcome> {
  const { request, url, env, services } = visit
  const { settings, sources, acceptor, chains } = services
  const now = Date.now()
  const query = url.includes('?') ? new URL(url).searchParams : undefined
  const authorization = headers.get('authorization')
  let source = authorization === null ? undefined : sources.recalled(authorization, now)
  if (source === undefined) {
    const headerKey = writeKeyOf(headers, query) ?? bearerOf(headers)
    if (headerKey !== undefined) {
      source = await sources.byKey(headerKey, () => publicationOf(env), now)
      if (source === undefined) return refused(unknownKey())
      if (authorization !== null) sources.remember(authorization, source)
    }
  }
  const text = pixel ? ok('') : await readBody(request, settings.BODY_MAX_BYTES, headers)
  if (!text.ok) return refused(text.error)
  const body = pixel ? inQuery : parseJson(text.value)
  // A key may stand in the body. A body that cannot be read has none, and that is what is wrong with it.
  if (!body.ok && source === undefined) return refused(body.error)
  const call: Call = { body: body.ok ? body.value : undefined, query, receivedAt: now }
  if (source === undefined) {
    const key = dialect.keyOf(call)
    if (key === undefined) return refused(missingKey())
    source = await sources.byKey(key, () => publicationOf(env), now)
    if (source === undefined) return refused(unknownKey())
  }
  visit.source = source.name
  const gate = sources.gateOf(source)
  const closed = gate.refusal(origin)
  if (closed !== undefined) return refused(closed)
  if (!body.ok) return refused(body.error)
  const told = dialect.tell(call)
  if (!told.ok) return refused(told.error)
  const { events, payloads, sentAt, context, relayed } = told.value
  const wait = gate.wait(events.length, now)
  if (wait > 0) return refused(tooMany(source, wait))
  const { suppressed } = services
  if (!suppressed.isFresh(now)) await suppressed.refresh(() => usersOf(env), now)
  const accepted = acceptor.accept(
    events,
    {
      source: source.name,
      receivedAt: now,
      visitor: relayed ? undefined : new RequestVisitor(request, headers, settings),
      settings: source.enrich,
      sentAt: parseTime(sentAt),
      context,
      maxDelay: settings.CLOCK_MAX_DELAY_MS,
    },
    {
      maxBytes: maxBytesOf(source) ?? settings.EVENT_MAX_BYTES,
      bodyBytes: (pixel ? url : text.value).length * 3,
      deep: body.deep,
      suppressed: suppressed.users,
      plan: sources.planOf(source),
      chain: chains.of(sources.transformsOf(source)),
      ...(payloads === undefined ? {} : { payloadOf: (index: number) => payloads[index] }),
    },
  )
  const taken = accepted instanceof Promise ? await accepted : accepted
  const outcome = await keep(visit, source.name, taken)
  if (!outcome.ok) return { ok: false, refusal: notKept(outcome) }
  if (dialect.single && taken.lines.length === 0 && taken.rejections.length === 1) return refused(taken.rejections[0]!.error)
  // A cookie needs the consent that the events needed.
  const cookie = taken.dropped['no-consent'] === undefined ? gate.cookie(events, origin) : undefined
  return { ok: true, value: { told: told.value, taken, cookie } }
}

/** What a pixel has for a body; its query may hold JSON of any depth. */
const inQuery: Parsed = { ok: true, value: undefined, deep: true }

function maxBytesOf(source: EdgeSource): number | undefined {
  return source.kind === 'sdk' ? source.max_event_bytes : undefined
}

function refused(error: MillraceError): Outcome {
  return { ok: false, refusal: refuse(error) }
}

/** The source of a write key. Fails with `unknown-key`. */
export async function sourceOf({ env, services }: Visit, key: string, now: number): Promise<Result<EdgeSource>> {
  const source = await services.sources.byKey(key, () => publicationOf(env), now)
  return source === undefined ? fail(unknownKey()) : ok(source)
}

function missingKey(): MillraceError {
  const mend = 'Send it as the user of Basic authentication.'
  return new MillraceError({ code: 'missing-key', fault: 'config', message: 'The request has no write key.', mend })
}

function unknownKey(): MillraceError {
  const mend = 'Check it against the sources of the stack, and that the stack is published.'
  return new MillraceError({ code: 'unknown-key', fault: 'config', message: 'No source has this write key.', mend })
}

function tooMany(source: EdgeSource, retryAfter: number): MillraceError {
  const message = `The source ${source.name} has sent more events than its rate limit allows.`
  return new MillraceError({ code: 'rate-limited', fault: 'transient', message, retryAfter, mend: `Come again in ${retryAfter} s.` })
}
