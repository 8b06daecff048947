import { z } from 'zod'
import { groupTypeField, timeoutField, urlField } from '../../connector/settings.ts'

export const posthogConfigSchema = z
  .strictObject({
    api_key: z.string().min(1).meta({ secret: true }).describe('API key of the project: ${secret:POSTHOG_KEY}'),
    url: urlField('https://us.i.posthog.com', 'Where its API is. In the EU: https://eu.i.posthog.com. Self-hosted: your own address.'),
    person_profiles: z
      .enum(['identified_only', 'always'])
      .default('identified_only')
      .describe('Whether events without a userId make a person of their own (PostHog bills them higher).'),
    group_type: groupTypeField,
    timeout: timeoutField,
  })
  .describe('Sends events, persons and groups to PostHog.')

export type PosthogConfig = z.infer<typeof posthogConfigSchema>
