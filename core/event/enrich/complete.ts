import type { JsonObject } from '../../lib/json.ts'

/**
 * Adds to an object of the context what its sender left out. What the sender said stands; where the two differ in
 * anything they speak of different things (a phone's GPS and a network's city), and nothing is added.
 * @param ours is copied, and may be shared by many events
 */
export function complete(context: Record<string, unknown>, field: string, ours: JsonObject): void {
  const own = context[field]
  if (own === undefined || own === null) {
    context[field] = { ...ours }
    return
  }
  if (!isObject(own)) return
  let less = false
  for (const key in ours) {
    const said = own[key]
    if (said === undefined || said === null) less = true
    else if (said !== ours[key]) return
  }
  if (!less) return
  const whole: Record<string, unknown> = { ...own }
  for (const key in ours) whole[key] ??= ours[key]
  context[field] = whole
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
