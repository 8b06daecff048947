import { MillraceError } from '../lib/error.ts'
import { didYouMean } from '../lib/suggest.ts'
import type { Definition, Stack, TraitDefinition } from '../stack/stack.ts'

/** The trait of that name. Throws `unknown-trait`, or what is wrong with its file. */
export function findTrait(stack: Stack, name: string): Definition<TraitDefinition> {
  const found = stack.traits.find((trait) => trait.name === name)
  if (found !== undefined) return found
  const own = stack.problems.find(
    ({ at, severity }) => severity === 'error' && /^traits\/(.*\/)?/.test(at?.file ?? '') && stem(at!.file!) === name,
  )
  if (own !== undefined) throw new MillraceError(own)
  const names = stack.traits.map((trait) => trait.name)
  throw new MillraceError({
    code: 'unknown-trait',
    fault: 'config',
    message: `There is no trait "${name}".`,
    mend: didYouMean(name, names, 'traits'),
  })
}

function stem(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.\w+$/, '')
}
