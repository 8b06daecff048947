import { lookup } from '../../connector/lookup.ts'
import {
  checkAge,
  isSecret,
  missingHeader,
  verifyHmac,
  verifySecretHeader,
  verifyStandard,
  wrongSignature,
} from '../../connector/signature.ts'
import { fillTemplate } from '../../connector/template.ts'
import {
  defineWebhookSource,
  type Proof,
  type RawEvent,
  type WebhookDelivery,
  type WebhookRequest,
} from '../../connector/webhook-source.ts'
import { idText } from '../../event/schema.ts'
import type { JsonObject } from '../../lib/json.ts'
import { ok, type Result } from '../../lib/result.ts'
import { type GenericConfig, genericConfigSchema, type GenericRule, type GenericVerify } from './config.ts'

/** Any tool that posts JSON, mapped by rules. */
export const generic = defineWebhookSource<GenericConfig>({
  name: 'generic',
  title: 'Webhook',
  description: 'Any tool that posts JSON: rules say which call an item of it becomes, and where ids, time and properties stand.',
  config: genericConfigSchema,
  verify: async ({ verify }, request, { now }) => (verify === undefined ? ok('unsigned') : check(verify, request, now)),
  items: ({ items }, { body }) => {
    const found = items === undefined ? body : lookup(body, items)
    return Array.isArray(found) ? (found as unknown[]) : [found]
  },
  events: ({ events }, item, delivery) => {
    const look = (path: string) => find(item, delivery, path)
    const rule = events.find(({ when }) => Object.entries(when ?? {}).every(([path, condition]) => holds(condition, look(path))))
    // What no rule is for is refused for its missing name, and so seen among the rejected events.
    if (rule === undefined) return [{ type: 'track', properties: item }]
    return rule.type === 'skip' ? [] : [apply(rule, rule.type, item, look)]
  },
})

async function check(verify: GenericVerify, request: WebhookRequest, now: number): Promise<Result<Proof>> {
  switch (verify.method) {
    case 'hmac': {
      const { timestamp_header: timeHeader, tolerance, hash } = verify
      let time = ''
      if (timeHeader !== undefined) {
        const fresh = checkAge(timeHeader, request.headers.get(timeHeader), { now, tolerance })
        if (!fresh.ok) return fresh
        time = fresh.value
      }
      const texts = verify.signed.replaceAll('{timestamp}', () => time).split('{body}')
      const signed = texts.flatMap((text, index) => (index === 0 ? [text] : [request.rawBody, text]))
      const hashes = { sha1: 'SHA-1', sha256: 'SHA-256', sha512: 'SHA-512' } as const
      return verifyHmac(request, { ...verify, hash: hashes[hash], signed })
    }
    case 'standard':
      return verifyStandard(request, verify.secret, { now, tolerance: verify.tolerance })
    case 'header':
      return verifySecretHeader(request, verify.header, verify.value)
    case 'basic': {
      // As UTF-8, which browsers and most tools send (RFC 7617, 2.1).
      const credentials = String.fromCharCode(...new TextEncoder().encode(`${verify.user}:${verify.password}`))
      const given = request.headers.get('authorization')?.replace(/^basic +/i, 'Basic ')
      if (given === undefined) return missingHeader('authorization')
      return (await isSecret(given, `Basic ${btoa(credentials)}`)) ? ok('signed') : wrongSignature('User or password are wrong.')
    }
    case 'query': {
      const given = request.query.get(verify.parameter)
      const right = given !== null && (await isSecret(given, verify.value))
      return right ? ok('signed') : wrongSignature(`The parameter ${verify.parameter} of the address is missing or wrong.`)
    }
  }
}

/** The value at a path of the item, or of the request where it begins with $body, $header or $query. */
function find(item: JsonObject, { body, headers, query }: WebhookDelivery, path: string): unknown {
  const [, root, rest] = /^\$(body|header|query)\.(.+)$/.exec(path) ?? []
  if (root === undefined || rest === undefined) return lookup(item, path)
  if (root === 'body') return lookup(body, rest)
  return (root === 'header' ? headers.get(rest) : query.get(rest)) ?? undefined
}

type Condition = NonNullable<GenericRule['when']>[string]

function holds(condition: Condition, value: unknown): boolean {
  if (Array.isArray(condition)) return condition.some((wanted) => holds(wanted, value))
  if (typeof condition !== 'object') return value === condition || (typeof condition !== 'boolean' && idText(value) === String(condition))
  return 'not' in condition ? !holds(condition.not, value) : (value !== undefined) === condition.exists
}

function apply(rule: GenericRule, type: RawEvent['type'], item: JsonObject, look: (path: string) => unknown): RawEvent {
  const fill = (template: string | undefined) => (template === undefined ? undefined : fillTemplate(template, look))
  const fields = (given: GenericRule['properties']) =>
    typeof given === 'object'
      ? Object.fromEntries(Object.entries(given).map(([name, value]) => [name, typeof value === 'string' ? fill(value) : value]))
      : fill(given)
  const hasTraits = type === 'identify' || type === 'group'
  const context = fields(rule.context)
  return {
    type,
    event: fill(rule.event),
    name: fill(rule.name),
    category: fill(rule.category),
    userId: fill(rule.user_id),
    anonymousId: fill(rule.anonymous_id),
    groupId: fill(rule.group_id),
    previousId: fill(rule.previous_id),
    messageId: fill(rule.message_id),
    timestamp: fill(rule.timestamp),
    properties: hasTraits || type === 'alias' ? undefined : rule.properties === undefined ? item : fields(rule.properties),
    traits: hasTraits ? (rule.traits === undefined ? item : fields(rule.traits)) : undefined,
    ...(typeof context === 'object' && context !== null ? { context } : {}),
  }
}
