import type { Loop, LoopNode } from '#core/host/contract.ts'

/** A group of cards in a column. What does not fit is counted in `hidden` and drawn as one card. */
export interface Group {
  id: string
  title: string
  nodes: LoopNode[]
  hidden: LoopNode[]
}

/** The columns of the picture, left to right, each with its groups from top to bottom. */
export const columns: { title: string; groups: { title: string; kinds: LoopNode['kind'][] }[] }[] = [
  {
    title: 'Sources',
    groups: [
      { title: 'Streaming', kinds: ['sdk', 'webhook'] },
      { title: 'ETL', kinds: ['etl'] },
    ],
  },
  {
    title: 'Collect and keep',
    groups: [
      { title: 'Collector', kinds: ['collector'] },
      { title: 'Warehouse', kinds: ['warehouse'] },
    ],
  },
  {
    title: 'Understand',
    groups: [
      { title: 'Models', kinds: ['model'] },
      { title: 'Traits', kinds: ['trait'] },
    ],
  },
  { title: 'Sync', groups: [{ title: 'Syncs', kinds: ['sync'] }] },
  { title: 'Tools', groups: [{ title: 'Destinations', kinds: ['destination'] }] },
]

const trouble: Record<LoopNode['health'], number> = { error: 0, warning: 1, ok: 2, idle: 2, unknown: 2 }

/** The loop's nodes in columns; of a long group, what is in trouble stays in sight. */
export function layout(loop: Loop): Group[][] {
  return columns.map((column) => {
    const most = column.groups.length > 1 ? 4 : 8
    return column.groups.flatMap(({ title, kinds }) => {
      const nodes = loop.nodes.filter((node) => kinds.includes(node.kind))
      if (nodes.length === 0) return []
      const id = kinds.join('-')
      if (nodes.length <= most) return [{ id, title, nodes, hidden: [] }]
      const shown = new Set(nodes.toSorted((a, b) => trouble[a.health] - trouble[b.health]).slice(0, most - 1))
      return [{ id, title, nodes: nodes.filter((node) => shown.has(node)), hidden: nodes.filter((node) => !shown.has(node)) }]
    })
  })
}

/** The edges between cards; those of hidden nodes end at their group's card, each drawn once. */
export function visibleEdges(loop: Loop, groups: Group[][]): { from: string; to: string; live: boolean }[] {
  const card = new Map<string, string>()
  for (const group of groups.flat()) {
    for (const node of group.nodes) card.set(node.id, node.id)
    for (const node of group.hidden) card.set(node.id, moreId(group))
  }
  const rate = new Map(loop.nodes.map((node) => [node.id, node.health === 'error' ? 0 : (node.rate ?? 0)]))
  const edges = new Map<string, { from: string; to: string; live: boolean }>()
  for (const edge of loop.edges) {
    const from = card.get(edge.from)
    const to = card.get(edge.to)
    if (from === undefined || to === undefined || from === to) continue
    const key = `${from} ${to}`
    const live = (edges.get(key)?.live ?? false) || ((rate.get(edge.from) ?? 0) > 0 && carries(edge.to, rate))
    edges.set(key, { from, to, live })
  }
  return [...edges.values()]
}

/** Models and traits report no rate of their own: what flows is known at the ends. */
function carries(to: string, rate: Map<string, number>): boolean {
  return /^(model|trait):/.test(to) ? false : (rate.get(to) ?? 0) > 0
}

export function moreId(group: Group): string {
  return `more:${group.id}`
}

/** All that feeds a node and all that it feeds, the node included. */
export function related(loop: Loop, id: string): Set<string> {
  const found = new Set([id])
  for (const [near, far] of [
    ['from', 'to'],
    ['to', 'from'],
  ] as const) {
    const queue = [id]
    const seen = new Set(queue)
    for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
      for (const edge of loop.edges) {
        if (edge[near] !== at || seen.has(edge[far])) continue
        seen.add(edge[far])
        found.add(edge[far])
        queue.push(edge[far])
      }
    }
  }
  return found
}
