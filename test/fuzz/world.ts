import { z } from 'zod'
import { webhookSources } from '#core/connector/webhook-registry.ts'
import type { EdgeConfigInput } from '#core/event/edge-config.ts'
import { webhookExamples } from '#test/fixture/webhook-examples.ts'
import { type Sample, sampleOf } from './sample.ts'

type Sources = EdgeConfigInput['sources']

export const jitsuKey = 'source-of-jitsu:its-secret'

/** Sources of SDKs, by what is particular of them. */
export const sdkSources: Sources = [
  ...['segment', 'rudder', 'posthog', 'web'].map((name) => ({ kind: 'sdk' as const, name, write_key: keyOf(name) })),
  { kind: 'sdk', name: 'jitsu', write_key: jitsuKey },
  { kind: 'sdk', name: 'closed', write_key: keyOf('closed'), enabled: false },
  {
    kind: 'sdk',
    name: 'shop',
    write_key: keyOf('shop'),
    origins: ['https://shop.example'],
    first_party: { cookie_domain: 'shop.example' },
  },
  { kind: 'sdk', name: 'slow', write_key: keyOf('slow'), rate_limit: 1 },
]

export function keyOf(source: string): string {
  return `write-key-of-${source}`
}

/** Every example of every webhook source: a source of its own for its settings, and its request. */
export async function webhookWorld(): Promise<{ sources: Sources; samples: Sample[] }> {
  const made = await Promise.all(
    webhookSources.map(async (connector) =>
      (await webhookExamples(connector.name)).map(({ config, request }, index) => {
        const name = `${connector.name}_${index}`
        const { search } = new URL(request.url ?? 'http://x')
        const target = `/v1/webhook/${name}${search === '' ? '?' : `${search}&`}key=${keyOf(name)}`
        const method = request.method ?? 'POST'
        return {
          source: {
            kind: 'webhook' as const,
            name,
            write_key: keyOf(name),
            connector: connector.name,
            config: timeless(connector.config, config),
          },
          sample: sampleOf(method, target, Object.entries(request.headers ?? {}), method === 'GET' ? '' : (request.body ?? ''), false),
        }
      }),
    ),
  )
  return { sources: made.flat().map(({ source }) => source), samples: made.flat().map(({ sample }) => sample) }
}

/** The examples are old and the collector's clock is the real one, so signatures may be of any age. */
function timeless(schema: z.ZodType, config: any): Record<string, unknown> {
  const tolerance = 100 * 365 * 86_400
  const properties = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }).properties as object | undefined
  if ('tolerance' in (properties ?? {})) return { ...config, tolerance }
  const verify: unknown = config.verify
  if (typeof verify !== 'object' || verify === null || !('method' in verify)) return config
  return verify.method === 'hmac' || verify.method === 'standard' ? { ...config, verify: { ...verify, tolerance } } : config
}
