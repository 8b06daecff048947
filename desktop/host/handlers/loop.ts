import type { Handlers } from '#core/host/dispatch.ts'
import type { HostContext } from '../host-context.ts'
import { loopEdges } from '../loop/loop-edges.ts'
import { readLoopFacts } from '../loop/loop-facts.ts'
import { loopNodes } from '../loop/loop-nodes.ts'

export function loopHandlers(host: HostContext): Pick<Handlers, 'loop.get'> {
  return {
    async 'loop.get'() {
      const { stack } = host.view()
      const facts = await readLoopFacts(host)
      return { at: facts.now, nodes: loopNodes(stack, facts, host.store, host.simulated), edges: loopEdges(stack) }
    },
  }
}
