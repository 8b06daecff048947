import { z } from 'zod'
import { customSchema } from './custom-component.ts'
import { parameters, text } from './field.ts'
import { requestOptionSchema } from './requester.ts'

/* Pagination, as the low-code CDK's component schema defines it. */

const pageSize = z.union([z.number().int(), z.string()]).optional()

const strategySchema = z.discriminatedUnion('type', [
  customSchema('CustomPaginationStrategy'),
  z.looseObject({
    ...parameters,
    type: z.literal('CursorPagination'),
    cursor_value: text,
    page_size: pageSize,
    stop_condition: z.union([z.string(), z.boolean()]).transform(String).optional(),
  }),
  z.looseObject({
    ...parameters,
    type: z.literal('PageIncrement'),
    page_size: pageSize,
    start_from_page: z.number().int().default(0),
    inject_on_first_request: z.boolean().default(false),
  }),
  z.looseObject({
    ...parameters,
    type: z.literal('OffsetIncrement'),
    page_size: pageSize,
    inject_on_first_request: z.boolean().default(false),
  }),
])

export const paginatorSchema = z.discriminatedUnion('type', [
  z.looseObject({ ...parameters, type: z.literal('NoPagination') }),
  z.looseObject({
    ...parameters,
    type: z.literal('DefaultPaginator'),
    pagination_strategy: strategySchema,
    page_size_option: requestOptionSchema.optional(),
    page_token_option: z.union([requestOptionSchema, z.looseObject({ type: z.literal('RequestPath') })]).optional(),
  }),
])

export type PaginatorComponent = z.infer<typeof paginatorSchema>
