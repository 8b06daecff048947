import { z } from 'zod'
import { groupTypeField, timeoutField, urlField } from '../../connector/settings.ts'

export const mixpanelConfigSchema = z
  .strictObject({
    token: z.string().min(1).meta({ secret: true }).describe('Token of the project: ${secret:MIXPANEL_TOKEN}'),
    url: urlField(
      'https://api.mixpanel.com',
      'Where its API is. Data residency in the EU: https://api-eu.mixpanel.com. In India: https://api-in.mixpanel.com',
    ),
    service_account: z
      .strictObject({
        username: z.string().min(1).describe('Name of the service account.'),
        secret: z.string().min(1).meta({ secret: true }).describe('Its secret.'),
        project_id: z.string().min(1).describe('Id of the project.'),
      })
      .optional()
      .describe('Sends events by a service account, where a token is not enough.'),
    group_type: groupTypeField,
    timeout: timeoutField,
  })
  .describe('Sends events, users and groups to Mixpanel.')

export type MixpanelConfig = z.infer<typeof mixpanelConfigSchema>
