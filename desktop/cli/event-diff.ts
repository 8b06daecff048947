/** What differs between two values, a line each: `- path: value` as it was, `+ path: value` as it is. */
export function diffLines(before: unknown, after: unknown, path = ''): string[] {
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    return keys.flatMap((key) => diffLines(before[key], after[key], path === '' ? key : `${path}.${key}`))
  }
  const [was, is] = [JSON.stringify(before), JSON.stringify(after)]
  if (was === is) return []
  return [...(was === undefined ? [] : [`- ${path}: ${was}`]), ...(is === undefined ? [] : [`+ ${path}: ${is}`])]
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
