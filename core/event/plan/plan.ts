import { z } from 'zod'
import { nameSchema } from '../../lib/identifier.ts'
import { rootSchema } from './json-schema.ts'

/*
 * A tracking plan: which events a source may send, what they look like, and what happens to those that do not. The rules
 * are those of the peers, by names in use there (RudderStack docs: "Violation Management"; Segment docs: "Customize your
 * schema controls"): unplanned events, unplanned properties, required ones that are missing, mismatched types, invalid values.
 */

export const ruleNames = ['unplanned_event', 'unplanned_property', 'required_missing', 'datatype_mismatch', 'invalid_value'] as const
export type Rule = (typeof ruleNames)[number]

/** What happens to an event that breaks a rule. */
export type Action = 'allow' | 'flag' | 'drop_property' | 'reject'

const ofEvent = z.enum(['allow', 'flag', 'reject'])
const ofProperty = z.enum(['allow', 'flag', 'drop_property', 'reject'])

const actions = 'allow: nothing. flag: kept, and the violation recorded. reject: goes to events.rejected.'
const propertyRules = {
  unplanned_property: ofProperty.describe('A property that the schema does not have. drop_property: kept without it.'),
  required_missing: ofEvent.describe('A required property is absent, or null.'),
  datatype_mismatch: ofProperty.describe('A value of another type than `type` says. drop_property: kept without it.'),
  invalid_value: ofProperty.describe('Any other keyword of the schema that does not hold. drop_property: kept without it.'),
}

export const rulesSchema = z
  .strictObject({
    unplanned_event: ofEvent.default('flag').describe('A track event that the plan does not have.'),
    unplanned_property: propertyRules.unplanned_property.default('flag'),
    required_missing: propertyRules.required_missing.default('flag'),
    datatype_mismatch: propertyRules.datatype_mismatch.default('flag'),
    invalid_value: propertyRules.invalid_value.default('flag'),
  })
  .describe(`What happens when a rule is broken. ${actions}`)

const ownRules = z.strictObject(propertyRules).partial().default({}).describe('Overrides the rules of the plan for these events.')

const plannedSchema = (of: string) =>
  z.strictObject({
    description: z.string().optional().describe('What it is for, for people.'),
    rules: ownRules,
    schema: rootSchema.optional().describe(`JSON Schema of the ${of}; without it, they may be anything.`),
  })

/** plans/*.yaml. */
export const planSchema = z
  .strictObject({
    description: z.string().optional().describe('What it is for, for people.'),
    rules: rulesSchema.prefault({}),
    events: z.record(z.string().min(1).max(1000), plannedSchema('properties')).default({}).describe('Track events by their names as sent.'),
    identify: plannedSchema('traits').optional().describe('Of identify calls; without it, they are not checked.'),
    group: plannedSchema('traits').optional().describe('Of group calls; without it, they are not checked.'),
    page: plannedSchema('properties').optional().describe('Of page calls; without it, they are not checked.'),
    screen: plannedSchema('properties').optional().describe('Of screen calls; without it, they are not checked.'),
  })
  .describe('plans/*.yaml: a tracking plan.')

/** A plan as it is published. */
export const edgePlanSchema = planSchema.extend({
  name: nameSchema.describe('Name of the plan; stands in events.violations.plan.'),
  version: z.string().min(1).max(64).describe('Hash of what the plan says; stands in events.violations.plan_version.'),
})

export type PlanRules = z.infer<typeof rulesSchema>
export type Planned = z.infer<ReturnType<typeof plannedSchema>>
export type EdgePlan = z.infer<typeof edgePlanSchema>
