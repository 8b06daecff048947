import type { Value } from './value.ts'

/** Python's slice semantics: negative bounds count from the end, bounds outside are clipped. */
export function sliceItems(items: readonly Value[], start: number | undefined, stop: number | undefined, step: number): Value[] {
  const size = items.length
  const clip = (index: number, low: number, high: number) => Math.min(Math.max(index < 0 ? index + size : index, low), high)
  const chosen: Value[] = []
  if (step > 0) {
    const end = stop === undefined ? size : clip(stop, 0, size)
    for (let index = start === undefined ? 0 : clip(start, 0, size); index < end; index += step) chosen.push(items[index]!)
  } else {
    const end = stop === undefined ? -1 : clip(stop, -1, size - 1)
    for (let index = start === undefined ? size - 1 : clip(start, -1, size - 1); index > end; index += step) chosen.push(items[index]!)
  }
  return chosen
}
