import type { Budget } from './budget.ts'
import { itemAt } from './iterate.ts'
import { equals } from './operate.ts'
import { ExpressionError } from './problem.ts'
import { Callable, Dict, List, type Value } from './value.ts'

/** What `loop.changed()` was last called with. */
export interface LoopMemory {
  last?: Value
}

/** The variable `loop` (Jinja, "For"). `depth` counts recursive loops, which there are none of here: it is 1. */
export function loopState(items: readonly Value[], index: number, memory: LoopMemory, budget: Budget): Dict {
  const count = items.length
  return new Dict([
    ['index', BigInt(index + 1)],
    ['index0', BigInt(index)],
    ['revindex', BigInt(count - index)],
    ['revindex0', BigInt(count - index - 1)],
    ['first', index === 0],
    ['last', index === count - 1],
    ['length', BigInt(count)],
    ['depth', 1n],
    ['depth0', 0n],
    ['previtem', itemAt(items, index - 1, 'loop.previtem')],
    ['nextitem', itemAt(items, index + 1, 'loop.nextitem')],
    [
      'cycle',
      new Callable('cycle', ({ positional }) => {
        if (positional.length === 0) throw new ExpressionError('type', 'loop.cycle wants values')
        return positional[index % positional.length]!
      }),
    ],
    [
      'changed',
      new Callable('changed', ({ positional }) => {
        const now = List.of(positional, true)
        const isChanged = memory.last === undefined || !equals(memory.last, now, budget)
        memory.last = now
        return isChanged
      }),
    ],
  ])
}
