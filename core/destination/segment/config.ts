import { z } from 'zod'
import { timeoutField, urlField } from '../../connector/settings.ts'

export const segmentConfigSchema = z
  .strictObject({
    write_key: z.string().min(1).meta({ secret: true }).describe('Write key of the source: ${secret:SEGMENT_WRITE_KEY}'),
    url: urlField(
      'https://api.segment.io',
      'Where its API is. Segment in the EU: https://events.eu1.segmentapis.com. RudderStack: the address of your data plane.',
    ),
    timeout: timeoutField,
  })
  .describe('Sends events, users and groups to Segment, RudderStack, or whatever takes their HTTP API.')

export type SegmentConfig = z.infer<typeof segmentConfigSchema>
