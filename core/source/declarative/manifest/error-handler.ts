import { z } from 'zod'
import { customSchema } from './custom-component.ts'
import { amount, parameters, text } from './field.ts'

/*
 * How answers are read and requests repeated, as the low-code CDK's component schema defines it
 * (DefaultErrorHandler, CompositeErrorHandler, HttpResponseFilter, the backoff strategies).
 */

const backoffSchema = z.discriminatedUnion('type', [
  customSchema('CustomBackoffStrategy'),
  z.looseObject({
    ...parameters,
    type: z.literal('ConstantBackoffStrategy'),
    backoff_time_in_seconds: amount,
    jitter: amount.optional(),
  }),
  z.looseObject({ ...parameters, type: z.literal('ExponentialBackoffStrategy'), factor: amount.default(5) }),
  z.looseObject({
    ...parameters,
    type: z.literal('WaitTimeFromHeader'),
    header: text,
    regex: z.string().optional(),
    max_waiting_time_in_seconds: amount.optional(),
  }),
  z.looseObject({
    ...parameters,
    type: z.literal('WaitUntilTimeFromHeader'),
    header: text,
    regex: z.string().optional(),
    min_wait: amount.optional(),
    max_waiting_time_in_seconds: amount.optional(),
  }),
])

const responseFilterSchema = z.looseObject({
  ...parameters,
  type: z.literal('HttpResponseFilter'),
  action: z.enum(['SUCCESS', 'FAIL', 'RETRY', 'IGNORE', 'RESET_PAGINATION', 'RATE_LIMITED', 'REFRESH_TOKEN_THEN_RETRY']).optional(),
  failure_type: z.enum(['system_error', 'config_error', 'transient_error']).optional(),
  http_codes: z.array(z.number().int()).default([]),
  error_message_contains: z.string().optional(),
  predicate: z.string().optional(),
  error_message: z.string().optional(),
})

const defaultErrorHandlerSchema = z.looseObject({
  ...parameters,
  type: z.literal('DefaultErrorHandler'),
  max_retries: amount.default(5),
  response_filters: z.array(responseFilterSchema).default([]),
  backoff_strategies: z.array(backoffSchema).default([]),
})

export const errorHandlerSchema: z.ZodType<AnyErrorHandler> = z.discriminatedUnion('type', [
  defaultErrorHandlerSchema,
  z.looseObject({
    ...parameters,
    type: z.literal('CompositeErrorHandler'),
    get error_handlers() {
      return z.array(errorHandlerSchema).min(1)
    },
  }),
])

export type ErrorHandlerComponent = z.infer<typeof defaultErrorHandlerSchema>
export type ResponseFilterComponent = z.infer<typeof responseFilterSchema>
export type BackoffComponent = z.infer<typeof backoffSchema>
/** Written out because composites nest. */
export type AnyErrorHandler = ErrorHandlerComponent | { type: 'CompositeErrorHandler'; error_handlers: AnyErrorHandler[] }
