import { MillraceError } from '../lib/error.ts'
import { didYouMean } from '../lib/suggest.ts'

/** The object of a sync, as one of those that the tool has. Throws `unknown-object`. */
export function knownObject<Name extends string>(object: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === object)
  if (found !== undefined) return found
  throw new MillraceError({
    code: 'unknown-object',
    fault: 'config',
    message: `The tool has no object "${object}".`,
    mend: didYouMean(object, names, 'objects'),
  })
}
