import type { Handlers } from '#core/host/dispatch.ts'
import { previewTrait } from '#core/profile/preview.ts'
import { type ComputedTrait, computedTraits } from '../computed-traits.ts'
import type { HostContext } from '../host-context.ts'

export function traitHandlers(host: HostContext): Pick<Handlers, 'trait.list' | 'trait.preview'> {
  return {
    async 'trait.list'() {
      const known = await computed(host)
      return {
        traits: host.view().stack.traits.map(({ name, path, content }) => ({
          name,
          path,
          ...(content.trait.description === undefined ? {} : { description: content.trait.description }),
          entity: content.trait.entity,
          form: content.form,
          type: content.form === 'typed' ? content.trait.type : 'sql',
          ...known.get(name),
        })),
      }
    },
    async 'trait.preview'({ name, limit }) {
      await host.tables()
      return previewTrait({ stack: host.view().stack, name, limit, warehouse: host.warehouse, runtime: host })
    },
  }
}

/** The list shows what it can while the warehouse is away. */
async function computed(host: HostContext): Promise<Map<string, ComputedTrait>> {
  try {
    await host.tables()
    return await computedTraits(host.warehouse, host.signal)
  } catch {
    return new Map()
  }
}
