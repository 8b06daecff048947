import { z } from 'zod'

/** `enrich` of a source: what the collector adds to its events, and what it takes from them. */
export const enrichSchema = z
  .strictObject({
    geo: z.boolean().default(true).describe('Where a request of a browser or app comes from: context.location and context.network.'),
    user_agent: z
      .boolean()
      .default(true)
      .describe('Device, OS and browser, from the user agent: context.device, context.os, context.browser.'),
    campaign: z
      .boolean()
      .default(true)
      .describe("From the page's address: utm_… in context.campaign, ids of ad clicks in context.clickIds."),
    bots: z
      .enum(['keep', 'flag', 'drop'])
      .default('flag')
      .describe('Crawlers and headless browsers. flag: context.bot; drop: counted, not stored. Events of servers are no bots.'),
    ip: z
      .enum(['keep', 'truncate', 'drop'])
      .default('keep')
      .describe('context.ip, also one the sender put there. truncate: without the last part, 203.0.113.0 or 2001:db8:1::.'),
    consent: z
      .strictObject({
        required: z.array(z.string().min(1)).min(1).describe('Categories of context.consent.categoryPreferences that must be true.'),
      })
      .optional()
      .describe('An event without that consent is counted and not stored, nor anything of it.'),
    future_after: z
      .number()
      .nonnegative()
      .max(366 * 86_400)
      .default(60)
      .describe('Seconds: an event that happens further ahead of our clock gets context.clock.future.'),
  })
  .prefault({})
  .describe('What the collector adds to events and takes from them.')

export type EnrichSettings = z.infer<typeof enrichSchema>
