import { z } from 'zod'
import { eventTypes } from '../../event/schema.ts'

const tolerance = z.number().positive().default(300).describe('How old a signature may be, in seconds.')
const secret = z.string().min(1).meta({ secret: true })
const header = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'must be the name of an HTTP header')

const verifySchema = z.discriminatedUnion('method', [
  z.strictObject({
    method: z.literal('hmac').describe('A header holds the HMAC of what was sent.'),
    header: header.describe('The header with the signature: X-Signature'),
    secret: secret.describe('What the tool signs with.'),
    hash: z.enum(['sha1', 'sha256', 'sha512']).default('sha256').describe('The hash inside the HMAC.'),
    encoding: z.enum(['hex', 'base64']).default('hex').describe('How the signature is written.'),
    prefix: z.string().default('').describe('What stands before it: "sha256="'),
    signed: z.string().includes('{body}').default('{body}').describe('What is signed: "{timestamp}.{body}"'),
    timestamp_header: header.optional().describe('The header with the time of the signature, in seconds since the epoch.'),
    tolerance,
  }),
  z.strictObject({
    method: z.literal('standard').describe('Signed as Standard Webhooks says (webhook-id, -timestamp, -signature).'),
    secret: secret.describe('What the tool signs with: whsec_…'),
    tolerance,
  }),
  z.strictObject({
    method: z.literal('header').describe('A header holds a secret.'),
    header: header.describe('The header: Authorization'),
    value: secret.describe('All of its value: "Bearer ${secret:TOKEN}"'),
  }),
  z.strictObject({
    method: z.literal('basic').describe('Basic authentication.'),
    user: z.string().describe('The user.'),
    password: secret.describe('The password.'),
  }),
  z.strictObject({
    method: z.literal('query').describe('A parameter of the address holds a secret.'),
    parameter: z
      .string()
      .min(1)
      .refine((name) => name !== 'key' && name !== 'writeKey', 'is where the write key stands')
      .describe('Name of the parameter: token'),
    value: secret.describe('Its value.'),
  }),
])

const path = /^[^{}]*\{[^{}]+\}/
const template = z.string().regex(path, 'must hold a {path} of the payload')
const constant = z.union([z.string(), z.number(), z.boolean()])
const fields = z.union([
  template.describe('An object of the payload: "{data}"'),
  z.record(z.string(), constant).describe('Name: value, where "{path}" takes it from the payload, type and all.'),
])

const conditionSchema = z.union([
  constant.describe('It is this.'),
  z.array(constant).min(1).describe('It is one of these.'),
  z.strictObject({ not: z.union([constant, z.array(constant).min(1)]).describe('It is none of these.') }),
  z.strictObject({ exists: z.boolean().describe('Whether it is there.') }),
])

const ruleSchema = z
  .strictObject({
    when: z.record(z.string(), conditionSchema).optional().describe('Path: what must stand there. All of them; without it, any item.'),
    type: z
      .enum([...eventTypes, 'skip'])
      .default('track')
      .describe('The call it becomes; skip: none.'),
    event: z.string().min(1).optional().describe('Name of a track event; {path} takes a value of the item: "Email {type}".'),
    name: z.string().optional().describe('Name of a page or screen.'),
    category: z.string().optional().describe('Category of a page or screen.'),
    user_id: template.optional().describe('The user: "{customer.id}"'),
    anonymous_id: template.optional().describe('An anonymous id: "{visitor}"'),
    group_id: template.optional().describe('The group of a group call.'),
    previous_id: template.optional().describe('The former id of an alias call.'),
    message_id: template.optional().describe('What makes the event unique: "{id}"; without it, a hash of the event.'),
    timestamp: template.optional().describe('When it happened (ISO 8601, or epoch seconds or milliseconds): "{created}"'),
    properties: fields.optional().describe('Properties of a track, page or screen; without it, the whole item.'),
    traits: fields.optional().describe('Traits of an identify or group; without it, the whole item.'),
    context: fields.optional().describe('Context of the event.'),
  })
  .superRefine((rule, context) => {
    const needs = {
      track: ['event'],
      group: ['group_id'],
      alias: ['user_id', 'previous_id'],
      identify: [],
      page: [],
      screen: [],
      skip: [],
    } as const
    for (const field of needs[rule.type]) {
      if (rule[field] === undefined) context.addIssue({ code: 'custom', path: [field], message: `is needed for a ${rule.type} call` })
    }
  })

export const genericConfigSchema = z.strictObject({
  verify: verifySchema.optional().describe('How the sender proves itself; without it, by the write key in the address.'),
  items: z.string().min(1).optional().describe('Path of the list of items in the body; without it, the body is the list, or the one item.'),
  events: z
    .array(ruleSchema)
    .min(1)
    .describe(
      'What an item becomes: the first of these whose conditions hold. In a path, $body, $header and $query stand for the whole body, the headers and the address; "{a | b}" is the first that is there.',
    ),
})

export type GenericConfig = z.infer<typeof genericConfigSchema>
export type GenericRule = GenericConfig['events'][number]
export type GenericVerify = NonNullable<GenericConfig['verify']>
