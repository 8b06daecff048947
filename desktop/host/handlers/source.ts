import type { Handlers } from '#core/host/dispatch.ts'
import { MillraceError } from '#core/lib/error.ts'
import type { JsonObject } from '#core/lib/json.ts'
import { unwrap } from '#core/lib/result.ts'
import type { HostContext } from '../host-context.ts'
import { findSource } from '../jobs/source.ts'

/** What can be asked of an ETL source before it is run. Nothing is written. */
export function sourceHandlers(host: HostContext): Pick<Handlers, 'source.check' | 'source.discover' | 'source.read'> {
  return {
    async 'source.check'({ name }) {
      const { source, config } = await prepareSource(host, name)
      unwrap(await source.check(config, { ...host, vault: host.vaults(name) }))
      return {}
    },
    async 'source.discover'({ name }) {
      const { source, config } = await prepareSource(host, name)
      return unwrap(await source.discover(config, { ...host, vault: host.vaults(name) }))
    },
    async 'source.read'({ name, stream, limit }) {
      const { source, config } = await prepareSource(host, name)
      const abort = new AbortController()
      const signal = AbortSignal.any([host.signal, abort.signal])
      const records: JsonObject[] = []
      const request = { streams: [{ name: stream, mode: 'full-refresh' as const }] }
      try {
        for await (const message of source.read(config, request, { ...host, signal, vault: host.vaults(name) })) {
          if (message.type === 'done') unwrap(message.result)
          if (message.type === 'records') records.push(...message.records)
          if (records.length >= limit) break
        }
      } finally {
        abort.abort()
      }
      return { records: records.slice(0, limit) }
    },
  }
}

/** The source with its settings as its schema has them. */
export async function prepareSource(host: HostContext, name: string) {
  const { source, config } = await findSource({ ...host, view: host.view() }, name)
  const parsed = source.config.safeParse(config)
  if (parsed.success) return { source, config: parsed.data as unknown }
  const issue = parsed.error.issues[0]
  throw new MillraceError({
    code: 'invalid-config',
    fault: 'config',
    message: `Source ${name}: ${issue?.message ?? 'its settings do not fit the connector'}.`,
    at: { file: `sources/${name}.yaml`, field: ['config', ...(issue?.path ?? [])].join('.') },
  })
}
