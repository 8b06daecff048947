import { MillraceError } from '../../../lib/error.ts'

export function invalidManifest(reason: string): MillraceError {
  return new MillraceError({
    code: 'invalid-manifest',
    fault: 'config',
    message: `The manifest cannot be used: ${reason}.`,
    mend: "Compare it with the low-code CDK's component schema.",
  })
}
