import { idText } from '../event/schema.ts'

/**
 * A text with `{path}` replaced by what `look` finds there, and `{a | b}` by the first that is there. A text that is one
 * path and nothing else gives the value itself, type and all. Undefined when something is missing, because a name with a
 * hole would be another event's.
 */
export function fillTemplate(template: string, look: (path: string) => unknown): unknown {
  const whole = /^\{([^{}]+)\}$/.exec(template)?.[1]
  if (whole !== undefined) return first(whole, look)
  let complete = true
  const text = template.replaceAll(/\{([^{}]+)\}/g, (_match, paths: string) => {
    const value = first(paths, look)
    const part = typeof value === 'boolean' ? String(value) : idText(value)
    complete &&= part !== undefined
    return part ?? ''
  })
  return complete ? text : undefined
}

function first(paths: string, look: (path: string) => unknown): unknown {
  for (const path of paths.split('|')) {
    const value = look(path.trim())
    if (value !== undefined) return value
  }
  return undefined
}
