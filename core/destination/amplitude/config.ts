import { z } from 'zod'
import { groupTypeField, timeoutField, urlField } from '../../connector/settings.ts'

export const amplitudeConfigSchema = z
  .strictObject({
    api_key: z.string().min(1).meta({ secret: true }).describe('API key of the project: ${secret:AMPLITUDE_KEY}'),
    url: urlField('https://api2.amplitude.com', 'Where its API is. Data residency in the EU: https://api.eu.amplitude.com'),
    group_type: groupTypeField,
    min_id_length: z
      .int()
      .min(1)
      .default(1)
      .describe('Shorter user and device ids are refused. Amplitude itself drops those of fewer than 5 characters without a word.'),
    timeout: timeoutField,
  })
  .describe('Sends events, users and groups to Amplitude.')

export type AmplitudeConfig = z.infer<typeof amplitudeConfigSchema>
