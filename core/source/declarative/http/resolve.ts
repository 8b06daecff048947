import type { Fault } from '../../../lib/error.ts'
import type { Json } from '../../../lib/json.ts'
import type { Interpolation } from '../interpolation.ts'
import type { BackoffComponent, ErrorHandlerComponent, RequesterComponent, ResponseFilterComponent } from '../manifest/component.ts'

/** What to do about an answer. `message` is for people. */
export interface Resolution {
  action: 'accept' | 'ignore' | 'retry' | 'fail'
  fault: Fault
  message: string
  /** Strategies of the handler that decided. */
  strategies: readonly BackoffComponent[]
  maxRetries: number
}

export interface Answer {
  status: number
  headers: Headers
  text: string
  /** The parsed body; undefined when it is not JSON. */
  json: Json | undefined
}

const faults = { system_error: 'system', config_error: 'config', transient_error: 'transient' } as const
const retryable = new Set([408, 425, 429, 500, 502, 503, 504])

/**
 * Reads an answer by the requester's error handler: its response filters in order, else the default
 * table (CDK reference, "Error handling": 401 and 403 are the user's to mend, 429 and 5xx are retried).
 */
export function resolveAnswer(answer: Answer, requester: RequesterComponent, interpolation: Interpolation): Resolution {
  const handlers = handlersOf(requester)
  for (const handler of handlers) {
    const filter = handler.response_filters.find((candidate) => matches(candidate, answer, interpolation))
    if (filter?.action !== undefined) return byFilter(filter, answer, handler, interpolation)
  }
  const base = { strategies: handlers[0]!.backoff_strategies, maxRetries: maxRetries(handlers[0]!, interpolation) }
  const { status } = answer
  if (status >= 200 && status < 400) return { ...base, action: 'accept', fault: 'system', message: '' }
  const message = `HTTP ${status}${detail(answer)}`
  if (retryable.has(status) || status > 504)
    return { ...base, action: 'retry', fault: 'transient', message, ...patience(status, base.maxRetries) }
  return { ...base, action: 'fail', fault: status === 401 || status === 403 ? 'config' : 'system', message }
}

/** How a request that got no usable answer is retried. */
export function retryOfFailure(requester: RequesterComponent, interpolation: Interpolation): Pick<Resolution, 'strategies' | 'maxRetries'> {
  const [handler] = handlersOf(requester)
  return { strategies: handler!.backoff_strategies, maxRetries: maxRetries(handler!, interpolation) }
}

function byFilter(
  filter: ResponseFilterComponent,
  answer: Answer,
  handler: ErrorHandlerComponent,
  interpolation: Interpolation,
): Resolution {
  const context = { response: answer.json ?? {}, headers: headerObject(answer.headers) }
  const own = filter.error_message === undefined ? '' : interpolation.text(filter.error_message, filter.$parameters, context)
  const message = own || `HTTP ${answer.status}${detail(answer)}`
  const isConfig = answer.status === 401 || answer.status === 403
  const base = { message, strategies: handler.backoff_strategies, maxRetries: maxRetries(handler, interpolation) }
  switch (filter.action!) {
    case 'SUCCESS':
      return { ...base, action: 'accept', fault: 'system' }
    case 'IGNORE':
      // The CDK still reads the records of an ignored answer that is a success.
      return { ...base, action: answer.status < 400 ? 'accept' : 'ignore', fault: 'system' }
    case 'RETRY':
      return { ...base, action: 'retry', fault: 'transient' }
    case 'RATE_LIMITED':
      return { ...base, action: 'retry', fault: 'transient', ...patience(429, base.maxRetries) }
    case 'FAIL':
      return { ...base, action: 'fail', fault: filter.failure_type ? faults[filter.failure_type] : isConfig ? 'config' : 'system' }
  }
}

/** A rate limit is no failure: it is waited out longer than other errors are. */
function patience(status: number, retries: number): { maxRetries: number } {
  return { maxRetries: status === 429 ? Math.max(retries, 10) : retries }
}

function matches(filter: ResponseFilterComponent, answer: Answer, interpolation: Interpolation): boolean {
  if (filter.http_codes.includes(answer.status)) return true
  const context = { response: answer.json ?? {}, headers: headerObject(answer.headers) }
  if (filter.predicate && interpolation.condition(filter.predicate, filter.$parameters, context)) return true
  return filter.error_message_contains !== undefined && answer.text.includes(filter.error_message_contains)
}

function handlersOf(requester: RequesterComponent): ErrorHandlerComponent[] {
  const handler = requester.error_handler
  if (handler?.type === 'CompositeErrorHandler') return handler.error_handlers
  return [handler ?? { $parameters: {}, type: 'DefaultErrorHandler', max_retries: 5, response_filters: [], backoff_strategies: [] }]
}

function maxRetries(handler: ErrorHandlerComponent, interpolation: Interpolation): number {
  const number = Number(interpolation.text(String(handler.max_retries), handler.$parameters))
  return Number.isFinite(number) ? Math.min(Math.max(0, number), 50) : 5
}

export function headerObject(headers: Headers): Record<string, string> {
  return Object.fromEntries(headers)
}

/** What the API says of its error, from the places where APIs say it. */
function detail(answer: Answer): string {
  const text =
    errorText(answer.json, 0) ??
    (answer.json === undefined
      ? answer.text
          .replaceAll(/<[^>]*>/g, ' ')
          .replaceAll(/\s+/g, ' ')
          .trim()
      : '')
  return text === '' ? '' : `: ${text.slice(0, 300)}`
}

function errorText(json: Json | undefined, depth: number): string | undefined {
  if (typeof json === 'string') return json
  if (json === null || typeof json !== 'object' || depth > 4) return undefined
  if (Array.isArray(json)) {
    const parts = json.slice(0, 5).flatMap((item) => errorText(item, depth + 1) ?? [])
    return parts.length === 0 ? undefined : parts.join(', ')
  }
  for (const key of [
    'message',
    'messages',
    'error_description',
    'error_message',
    'error',
    'errors',
    'detail',
    'details',
    'title',
    'reason',
  ]) {
    const found = Object.hasOwn(json, key) ? errorText(json[key], depth + 1) : undefined
    if (found) return found
  }
  return undefined
}
