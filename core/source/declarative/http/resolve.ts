import type { Fault } from '../../../lib/error.ts'
import type { Interpolation } from '../interpolation.ts'
import type { AnyErrorHandler, BackoffComponent, ErrorHandlerComponent, ResponseFilterComponent } from '../manifest/error-handler.ts'
import type { RequesterComponent } from '../manifest/requester.ts'
import { errorText } from './error-text.ts'
import type { Answer } from './answer.ts'

/** What to do about an answer. `message` is for people. */
export interface Resolution {
  action: 'accept' | 'ignore' | 'retry' | 'renew' | 'reset' | 'fail'
  fault: Fault
  message: string
  /** Strategies of the handler that decided. */
  strategies: readonly BackoffComponent[]
  maxRetries: number
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
    const filter = handler.response_filters.find((candidate) => candidate.action !== undefined && matches(candidate, answer, interpolation))
    if (filter !== undefined) return byFilter(filter, answer, handler, interpolation)
  }
  const base = { strategies: handlers[0]!.backoff_strategies, maxRetries: maxRetries(handlers[0]!, interpolation) }
  const { status } = answer
  if (status >= 200 && status < 400) return { ...base, action: 'accept', fault: 'system', message: '' }
  const message = describe(answer)
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
  const isConfig = answer.status === 401 || answer.status === 403
  const base = {
    message: own || describe(answer),
    strategies: handler.backoff_strategies,
    maxRetries: maxRetries(handler, interpolation),
  }
  switch (filter.action!) {
    case 'SUCCESS':
      return { ...base, action: 'accept', fault: 'system' }
    case 'IGNORE':
      // The CDK still reads the records of an ignored answer that is a success.
      return { ...base, action: answer.status < 400 ? 'accept' : 'ignore', fault: 'system' }
    case 'RETRY':
      return { ...base, action: 'retry', fault: 'transient' }
    case 'REFRESH_TOKEN_THEN_RETRY':
      return { ...base, action: 'renew', fault: isConfig ? 'config' : 'transient' }
    case 'RATE_LIMITED':
      return { ...base, action: 'retry', fault: 'transient', ...patience(429, base.maxRetries) }
    case 'RESET_PAGINATION':
      return { ...base, action: 'reset', fault: 'transient' }
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
  return !!filter.error_message_contains && errorText(answer).includes(filter.error_message_contains)
}

/** Composites flattened: the filters of each handler in turn, whatever holds them. */
function handlersOf({ error_handler: handler }: RequesterComponent): ErrorHandlerComponent[] {
  return handler === undefined ? [standard] : flat(handler)
}

function flat(handler: AnyErrorHandler): ErrorHandlerComponent[] {
  return handler.type === 'CompositeErrorHandler' ? handler.error_handlers.flatMap(flat) : [handler]
}

const standard: ErrorHandlerComponent = {
  $parameters: {},
  type: 'DefaultErrorHandler',
  max_retries: 5,
  response_filters: [],
  backoff_strategies: [],
}

function maxRetries(handler: ErrorHandlerComponent, interpolation: Interpolation): number {
  const number = Number(interpolation.text(String(handler.max_retries), handler.$parameters))
  return Number.isFinite(number) ? Math.min(Math.max(0, number), 50) : 5
}

export function headerObject(headers: Headers): Record<string, string> {
  return Object.fromEntries(headers)
}

function describe(answer: Answer): string {
  const detail = errorText(answer)
  return `HTTP ${answer.status}${detail === '' ? '' : `: ${detail.slice(0, 300)}`}`
}
