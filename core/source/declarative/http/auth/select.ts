import { MillraceError } from '../../../../lib/error.ts'
import type { Interpolation } from '../../interpolation.ts'
import type { AuthenticatorComponent } from '../../manifest/requester.ts'
import { valueAt } from '../../stream/path.ts'

/**
 * The authenticator that a SelectiveAuthenticator takes by the setting its path leads to; any other is
 * itself. Throws `missing-credentials` (config) when the setting names none of them.
 */
export function selectAuthenticator(authenticator: AuthenticatorComponent, interpolation: Interpolation): AuthenticatorComponent {
  if (authenticator.type !== 'SelectiveAuthenticator') return authenticator
  const path = authenticator.authenticator_selection_path.map((part) => interpolation.text(part, authenticator.$parameters))
  const name = valueAt(interpolation.config, path)
  const chosen =
    typeof name === 'string' && Object.hasOwn(authenticator.authenticators, name) ? authenticator.authenticators[name] : undefined
  if (chosen !== undefined) return chosen
  throw new MillraceError({
    code: 'missing-credentials',
    fault: 'config',
    message: `The setting "${path.join('.')}" says how to authenticate, and ${name === undefined ? 'is missing' : `is ${JSON.stringify(name)}`}.`,
    mend: `Set it to one of ${Object.keys(authenticator.authenticators).join(', ')}.`,
    at: { field: `config.${path.join('.')}` },
  })
}
