import { findReferences } from './reference.ts'

/** What a model's SQL needs: the names of other models, each once, in the order they are named. */
export function modelsNeeded(sql: string): string[] {
  return [...new Set(findReferences(sql).flatMap((reference) => (reference.kind === 'model' ? [reference.name] : [])))]
}

export interface ModelGraph {
  /** All models, what is needed before what needs it; otherwise by name. Models on a cycle are missing. */
  order: string[]
  /** What each model needs, as far as it exists. */
  needs: ReadonlyMap<string, readonly string[]>
  /** Each cycle as a path that ends where it began: `a, b, a`. */
  cycles: string[][]
}

export function modelGraph(models: readonly { name: string; content: { sql: string } }[]): ModelGraph {
  const names = new Set(models.map(({ name }) => name))
  const sorted = models.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const needs = new Map(sorted.map(({ name, content }) => [name, modelsNeeded(content.sql).filter((needed) => names.has(needed))]))
  const order: string[] = []
  const cycles: string[][] = []
  const state = new Map<string, 'open' | 'done' | 'cyclic'>()
  const path: string[] = []

  // Depth first; a name met while it is still open closes a cycle.
  const visit = (name: string): 'done' | 'cyclic' => {
    const known = state.get(name)
    if (known === 'open') {
      cycles.push([...path.slice(path.indexOf(name)), name])
      return 'cyclic'
    }
    if (known !== undefined) return known
    state.set(name, 'open')
    path.push(name)
    for (const needed of needs.get(name)!) visit(needed)
    path.pop()
    const result = cycles.some((cycle) => cycle.includes(name)) ? 'cyclic' : 'done'
    state.set(name, result)
    if (result === 'done') order.push(name)
    return result
  }
  for (const name of needs.keys()) visit(name)
  return { order, needs, cycles }
}

/** `name` and everything it needs, itself last. */
export function withNeeds(graph: ModelGraph, name: string): Set<string> {
  const found = new Set<string>()
  const add = (current: string) => {
    if (found.has(current)) return
    found.add(current)
    graph.needs.get(current)?.forEach(add)
  }
  add(name)
  return found
}
