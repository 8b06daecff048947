import { z } from 'zod'
import type { JsonObject } from '../../../lib/json.ts'
import { customSchema } from './custom-component.ts'

/* How the body of an answer is read, by the low-code CDK's component schema. Gzip and zip hold another decoder. */

export type DecoderComponent =
  | { type: 'JsonDecoder' | 'JsonlDecoder' | 'IterableDecoder' | 'XmlDecoder' }
  | { type: 'CsvDecoder'; encoding: string; delimiter: string; set_values_to_none: string[] }
  | { type: 'GzipDecoder'; decoder: DecoderComponent }
  | { type: 'ZipfileDecoder'; decoder: DecoderComponent }
  | ({ $parameters: JsonObject; type: 'CustomDecoder'; class_name: string } & Record<string, unknown>)

export const decoderSchema: z.ZodType<DecoderComponent> = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('JsonDecoder') }),
  z.looseObject({ type: z.literal('JsonlDecoder') }),
  z.looseObject({ type: z.literal('IterableDecoder') }),
  z.looseObject({ type: z.literal('XmlDecoder') }),
  z.looseObject({
    type: z.literal('CsvDecoder'),
    encoding: z.string().default('utf-8'),
    delimiter: z.string().default(','),
    set_values_to_none: z.array(z.string()).default([]),
  }),
  z.looseObject({
    type: z.literal('GzipDecoder'),
    get decoder() {
      return decoderSchema
    },
  }),
  z.looseObject({
    type: z.literal('ZipfileDecoder'),
    get decoder() {
      return decoderSchema
    },
  }),
  customSchema('CustomDecoder'),
])
