import type { Command } from 'commander'
import { formatError } from '#core/lib/error.ts'
import { hostPaths } from '#desktop/host/paths.ts'
import { createFileSecretStore, secretResolver } from '#desktop/host/secrets.ts'
import { createFolderFiles } from '#desktop/host/stack-files.ts'
import { viewStack } from '#desktop/host/stack-view.ts'
import { requireStack } from '../stack-folder.ts'
import { verb } from '../verb.ts'

/** Offline: reads the files, and nothing else. */
export function addValidate(program: Command): void {
  verb(program.command('validate').description('check the files of the stack'), async ({ stack, environment, output }) => {
    const folder = requireStack(stack)
    const secret = secretResolver(createFileSecretStore(hostPaths(folder).secrets), process.env, () => {})
    const { stack: loaded, problems } = await viewStack({ files: createFolderFiles(folder), environment, secret })
    const errors = problems.filter((problem) => problem.severity === 'error').length
    const files = [loaded.sources, loaded.destinations, loaded.models, loaded.traits, loaded.syncs, loaded.plans].reduce(
      (sum, list) => sum + list.length,
      1,
    )
    output.result(
      { folder, files, problems },
      [
        ...problems.map((problem) => `${problem.severity === 'error' ? 'error  ' : 'warning'} ${formatError(problem)}`),
        problems.length === 0 ? `${files} files, nothing wrong.` : `${errors} errors, ${problems.length - errors} warnings.`,
      ].join('\n'),
    )
    return errors === 0 ? 'done' : 'failed'
  })
}
