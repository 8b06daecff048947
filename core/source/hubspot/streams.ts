import { z } from 'zod'
import type { ApiClient } from '../../connector/api-client.ts'
import { type ApiStream, isObject, objectsOf, readState, type StreamMessage } from '../../connector/api-source.ts'
import { type Fields, recordSchema } from '../../connector/record-schema.ts'
import type { StreamRequest } from '../../connector/source.ts'
import { MillraceError } from '../../lib/error.ts'
import type { Json, JsonObject } from '../../lib/json.ts'
import { associationField, ObjectPages } from './pages.ts'
import { fieldTypeOf } from './value.ts'

/** Of the source's settings. */
export interface Settings {
  objects: readonly string[]
  properties: Record<string, string[]>
  associations: Record<string, string[]>
  start_date?: string | undefined
  lookback: number
  page_size: number
}
