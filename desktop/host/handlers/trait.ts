import type { Handlers } from '#core/host/dispatch.ts'
import { previewTrait } from '#core/profile/preview.ts'
import { queryRows } from '#core/warehouse/port.ts'
import type { HostContext } from '../host-context.ts'

export function traitHandlers(host: HostContext): Pick<Handlers, 'trait.list' | 'trait.preview'> {
  return {
    async 'trait.list'() {
      const computed = await computedTraits(host).catch(() => new Map<string, Computed>())
      return {
        traits: host.view().stack.traits.map(({ name, path, content }) => ({
          name,
          path,
          ...(content.trait.description === undefined ? {} : { description: content.trait.description }),
          entity: content.trait.entity,
          form: content.form,
          type: content.form === 'typed' ? content.trait.type : 'sql',
          ...computed.get(name),
        })),
      }
    },
    async 'trait.preview'({ name, limit }) {
      await host.tables()
      return previewTrait({ stack: host.view().stack, name, limit, warehouse: host.warehouse, runtime: host })
    },
  }
}

interface Computed {
  computedAt: number
  entities: number
}

/** When each trait was computed last and how many have it. */
async function computedTraits(host: HostContext): Promise<Map<string, Computed>> {
  await host.tables()
  const rows = await queryRows<{ trait: string; entities: string; at: string }>(
    host.warehouse,
    'SELECT trait, entities, toUnixTimestamp64Milli(computed_at) AS at FROM profiles.trait_types FINAL',
    { signal: host.signal },
  )
  return new Map(rows.map((row) => [row.trait, { computedAt: Number(row.at), entities: Number(row.entities) }]))
}
