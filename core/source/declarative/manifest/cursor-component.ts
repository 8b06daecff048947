import { z } from 'zod'
import { parameters, text } from './field.ts'
import { requestOptionSchema } from './requester.ts'

/* Cursors of incremental streams, by the low-code CDK's component schema. */

const minMaxDatetimeSchema = z.looseObject({
  ...parameters,
  type: z.literal('MinMaxDatetime'),
  datetime: text,
  datetime_format: z.string().optional(),
  min_datetime: text.optional(),
  max_datetime: text.optional(),
})

const datetimeCursorSchema = z.looseObject({
  ...parameters,
  type: z.literal('DatetimeBasedCursor'),
  cursor_field: text,
  datetime_format: z.string(),
  cursor_datetime_formats: z.array(z.string()).default([]),
  start_datetime: z.union([text, minMaxDatetimeSchema]),
  end_datetime: z.union([text, minMaxDatetimeSchema]).optional(),
  step: text.optional(),
  cursor_granularity: z.string().optional(),
  lookback_window: text.optional(),
  start_time_option: requestOptionSchema.optional(),
  end_time_option: requestOptionSchema.optional(),
  partition_field_start: text.optional(),
  partition_field_end: text.optional(),
  is_data_feed: z.boolean().default(false),
  is_client_side_incremental: z.boolean().default(false),
  is_compare_strictly: z.boolean().default(false),
  global_substream_cursor: z.boolean().default(false),
  clamping: z.looseObject({ target: z.string(), target_details: z.looseObject({ weekday: z.string().optional() }).optional() }).optional(),
})

const countCursorSchema = z.looseObject({
  ...parameters,
  type: z.literal('IncrementingCountCursor'),
  cursor_field: text,
  start_value: text.optional(),
  start_value_option: requestOptionSchema.optional(),
})

export const cursorSchema = z.discriminatedUnion('type', [datetimeCursorSchema, countCursorSchema])

export type DatetimeCursorComponent = z.infer<typeof datetimeCursorSchema>
export type CountCursorComponent = z.infer<typeof countCursorSchema>
export type CursorComponent = z.infer<typeof cursorSchema>
