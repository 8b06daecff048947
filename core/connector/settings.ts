import { z } from 'zod'

/** Where the tool is; the default may be overridden for another region, a proxy, or a machine of one's own. */
export function urlField(fallback: string, description: string) {
  return z
    .url({ protocol: /^https?$/ })
    .default(fallback)
    .describe(description)
}

export const timeoutField = z.number().positive().max(600).default(30).describe('Seconds to wait for an answer.')

export const groupTypeField = z
  .string()
  .min(1)
  .default('company')
  .describe('What a group is at the tool, for group calls and for rows of groups: company, account, team.')
