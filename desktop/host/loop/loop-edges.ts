import type { Loop } from '#core/host/contract.ts'
import { modelGraph } from '#core/stack/model-graph.ts'
import { findReferences } from '#core/stack/reference.ts'
import type { Stack } from '#core/stack/stack.ts'

/** Ids of the nodes of the loop picture. */
export const nodeId = {
  collector: 'collector',
  warehouse: 'warehouse',
  source: (name: string) => `source:${name}`,
  model: (name: string) => `model:${name}`,
  trait: (name: string) => `trait:${name}`,
  sync: (name: string) => `sync:${name}`,
  destination: (name: string) => `destination:${name}`,
}

/** Who feeds whom, as the files say it. What reads the warehouse's own tables is fed by the warehouse. */
export function loopEdges(stack: Stack): Loop['edges'] {
  const { needs } = modelGraph(stack.models)
  const models = new Set(stack.models.map((model) => model.name))
  /** The models a piece of SQL refers to; the warehouse when there are none. */
  const origins = (sql: string): string[] => {
    const named = findReferences(sql).flatMap((reference) =>
      reference.kind === 'model' && models.has(reference.name) ? [nodeId.model(reference.name)] : [],
    )
    return named.length > 0 ? [...new Set(named)] : [nodeId.warehouse]
  }
  const edges: Loop['edges'] = []
  const connect = (from: readonly string[], to: string) => edges.push(...from.map((origin) => ({ from: origin, to })))

  for (const { name, content } of stack.sources) {
    edges.push({ from: nodeId.source(name), to: content.kind === 'etl' ? nodeId.warehouse : nodeId.collector })
  }
  edges.push({ from: nodeId.collector, to: nodeId.warehouse })
  for (const { name } of stack.models) {
    const needed = (needs.get(name) ?? []).map(nodeId.model)
    connect(needed.length > 0 ? needed : [nodeId.warehouse], nodeId.model(name))
  }
  for (const { name, content } of stack.traits)
    connect(origins(content.form === 'typed' ? content.trait.from : content.sql), nodeId.trait(name))
  for (const { name, content } of stack.syncs) {
    connect(profileTraits(content.from, stack) ?? origins(content.from), nodeId.sync(name))
    edges.push({ from: nodeId.sync(name), to: nodeId.destination(content.destination) })
  }
  for (const { name, content } of stack.destinations) {
    if (content.events?.enabled) edges.push({ from: nodeId.collector, to: nodeId.destination(name) })
  }
  const known = new Set(stack.destinations.map((destination) => nodeId.destination(destination.name)))
  return edges.filter((edge) => !edge.to.startsWith('destination:') || known.has(edge.to))
}

/** A sync that reads profiles is fed by the traits they are made of. */
function profileTraits(from: string, stack: Stack): string[] | undefined {
  if (!/\bprofiles\s*\.\s*\w+/i.test(from) || stack.traits.length === 0) return undefined
  return stack.traits.map((trait) => nodeId.trait(trait.name))
}
