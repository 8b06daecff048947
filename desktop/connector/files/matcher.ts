import picomatch from 'picomatch'

/** Whether a name is meant by a pattern: as a glob, or by being the same, which names with brackets in them are. */
export function matcher(pattern: string): (name: string) => boolean {
  const matches = picomatch(pattern)
  return (name) => name === pattern || matches(name)
}
