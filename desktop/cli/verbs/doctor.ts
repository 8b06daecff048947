import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { findHost } from '#desktop/host/lock.ts'
import { hostPaths } from '#desktop/host/paths.ts'
import { version } from '#desktop/host/version.ts'
import type { Finding } from '../doctor/finding.ts'
import { checkMachine } from '../doctor/machine.ts'
import { checkParts } from '../doctor/parts.ts'
import { checkStack } from '../doctor/stack.ts'
import { requireStack, findStack } from '../stack-folder.ts'
import { verb } from '../verb.ts'

export function addDoctor(program: Command): void {
  verb(
    program.command('doctor').description('what runs, which versions, what is missing and the mend'),
    async ({ stack, environment, output }) => {
      const folder = stack === undefined ? findStack(undefined, process.cwd()) : requireStack(stack)
      const findings: Finding[] = [
        ...(await checkParts()),
        ...(await checkMachine(folder ?? process.cwd(), portsInUse(folder))),
        ...(folder === undefined ? [] : await checkStack(folder, environment)),
      ]
      const missing = findings.filter((finding) => finding.state === 'missing').length
      output.result(
        { version, platform: `${process.platform}-${process.arch}`, findings },
        [`millrace ${version}`, ...findings.map(format)].join('\n'),
      )
      return missing === 0 ? 'done' : 'failed'
    },
  )
}

/** The ports of the host that runs for the stack, and of its servers. */
function portsInUse(folder: string | undefined): Set<number> {
  const paths = folder === undefined ? undefined : hostPaths(folder)
  const host = paths !== undefined && existsSync(paths.lock) ? findHost(paths) : undefined
  const urls = [host?.url, host?.warehouse?.url, host?.edge?.url].flatMap((url) => url ?? [])
  return new Set(urls.map((url) => Number(new URL(url).port)))
}

const marks = { ok: 'ok     ', info: 'note   ', warning: 'warning', missing: 'MISSING' } as const

function format({ name, state, detail, mend }: Finding): string {
  return `${marks[state]} ${name.padEnd(10)} ${detail}${mend === undefined ? '' : `. ${mend}`}`
}
