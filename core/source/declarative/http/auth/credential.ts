import { MillraceError } from '../../../../lib/error.ts'
import type { JsonObject } from '../../../../lib/json.ts'
import type { Interpolation } from '../../interpolation.ts'

/** A credential as the expression makes it. Throws `missing-credentials` (config) when there is none. */
export function credential(
  source: string | undefined,
  authenticator: { type: string; $parameters: JsonObject },
  interpolation: Interpolation,
): string {
  const text = optionalCredential(source, authenticator, interpolation)
  if (text !== undefined) return text
  throw new MillraceError({
    code: 'missing-credentials',
    fault: 'config',
    message: `The ${authenticator.type} of the manifest has no credentials: "${source ?? ''}" is empty.`,
    mend: "Fill in the setting in the source's config.",
  })
}

/** Undefined when it is empty, or Python's None. */
export function optionalCredential(
  source: string | undefined,
  authenticator: { $parameters: JsonObject },
  interpolation: Interpolation,
): string | undefined {
  const text = interpolation.text(source ?? '', authenticator.$parameters).trim()
  return text === '' || text === 'None' ? undefined : text
}
