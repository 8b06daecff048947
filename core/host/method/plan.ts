import { z } from 'zod'
import { time } from './common.ts'

const actionSchema = z.enum(['flag', 'drop_property', 'reject'])

/** A rule of a tracking plan that events break at one place. */
const brokenRule = z.object({
  type: z.string(),
  event: z.string().describe('Name of a track event; empty for other calls.'),
  rule: z.string().describe('unplanned_event, unplanned_property, required_missing, datatype_mismatch, invalid_value.'),
  path: z.string().describe('Place in the event; * stands for any item of a list.'),
  action: actionSchema,
  message: z.string(),
  events: z.number(),
})

const newest = {
  days: z.number().int().min(1).max(3650).describe('Only events received in the last days.'),
  limit: z.number().int().min(1).max(10_000_000).default(100_000).describe('Events at most: the newest.'),
}

/** Tracking plans. */
export const planMethods = {
  'plan.infer': {
    input: z.object({
      source: z.string().optional().describe('Only events of this source.'),
      event: z.string().optional().describe('Only this track event, by its name as sent.'),
      ...newest,
      days: newest.days.default(30),
      enumUpTo: z.number().int().min(0).max(1000).default(0).describe('Strings with at most so many different values become an enum.'),
    }),
    output: z.object({
      text: z.string().describe('A tracking plan as YAML.'),
      events: z.number().describe('How many events it is made of.'),
      leftOut: z.number().describe('Events left out, because there were too many names.'),
    }),
  },
  'plan.check': {
    input: z.object({
      name: z.string(),
      source: z.string().optional().describe('Only events of this source; without it, of those that name the plan.'),
      ...newest,
      days: newest.days.default(7),
    }),
    output: z.object({
      sources: z.array(z.string()),
      events: z.number(),
      sound: z.number(),
      flagged: z.number().describe('Would be stored, with violations on record.'),
      trimmed: z.number().describe('Of the flagged, would lose a property.'),
      rejected: z.number().describe('Would go to events.rejected.'),
      findings: z.array(brokenRule.extend({ messageId: z.string().describe('Of one of the events.') })),
    }),
  },
  'plan.violations': {
    input: z.object({
      source: z.string().optional(),
      days: newest.days.default(7),
      limit: z.number().int().min(1).max(10_000).default(500),
    }),
    output: z.object({
      violations: z.array(brokenRule.extend({ source: z.string(), plan: z.string(), lastSeen: time, messageId: z.string() })),
      total: z.number().describe('Violations, shown or not.'),
    }),
  },
} as const
