import { MillraceError } from '../../../lib/error.ts'
import type { Interpolation } from '../interpolation.ts'
import type { AuthenticatorComponent } from '../manifest/component.ts'
import { inject, type RequestParts, setHeader } from './option.ts'

/** Puts the credentials into a request, by the manifest's authenticator. Throws `missing-credentials` (config) when there are none. */
export function authenticate(parts: RequestParts, authenticator: AuthenticatorComponent, interpolation: Interpolation): void {
  switch (authenticator.type) {
    case 'NoAuth':
      return
    case 'BearerAuthenticator':
      setHeader(parts.headers, 'Authorization', `Bearer ${credential(authenticator.api_token, authenticator, interpolation)}`)
      return
    case 'BasicHttpAuthenticator': {
      const user = credential(authenticator.username, authenticator, interpolation)
      const password = interpolation.text(authenticator.password ?? '', authenticator.$parameters)
      setHeader(parts.headers, 'Authorization', `Basic ${base64(`${user}:${password}`)}`)
      return
    }
    case 'ApiKeyAuthenticator': {
      const token = credential(authenticator.api_token ?? '', authenticator, interpolation)
      if (authenticator.inject_into) inject(parts, authenticator.inject_into, token, interpolation)
      else setHeader(parts.headers, interpolation.text(authenticator.header ?? 'Authorization', authenticator.$parameters), token)
    }
  }
}

function credential(source: string, authenticator: AuthenticatorComponent, interpolation: Interpolation): string {
  const text = interpolation.text(source, authenticator.$parameters).trim()
  if (text !== '' && text !== 'None') return text
  throw new MillraceError({
    code: 'missing-credentials',
    fault: 'config',
    message: `The ${authenticator.type} of the manifest has no credentials: "${source}" is empty.`,
    mend: "Fill in the setting in the source's config.",
  })
}

function base64(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCodePoint(byte)).join(''))
}
