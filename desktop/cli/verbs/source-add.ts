import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { type Command, Option } from 'commander'
import { MillraceError } from '#core/lib/error.ts'
import { nameSchema } from '#core/lib/identifier.ts'
import { didYouMean } from '#core/lib/suggest.ts'
import { formatTable } from '../output.ts'
import { type KnownConnector, knownConnectors } from '../source/known-connectors.ts'
import { manifestSpec, readText } from '../source/lone-source.ts'
import type { SettingSchema } from '../source/settings-lines.ts'
import { sourceSkeleton } from '../source/skeleton.ts'
import { requireStack } from '../stack-folder.ts'
import { verb } from '../verb.ts'

/** `source list` and `source add`: what there is, and the first draft of a file for it. */
export function addSourceAdd(source: Command): void {
  verb(source.command('list').description('the connectors that a source can have'), async ({ output }) => {
    const connectors = knownConnectors().map(({ kind, name, title, description }) => ({ kind, name, title, description }))
    const rows = connectors.map(({ kind, name, title, description }) => [kind, name, title, description])
    output.result({ connectors }, formatTable(['kind', 'connector', 'title', ''], rows))
    return 'done'
  })

  verb<[string]>(
    source
      .command('add <name>')
      .description('write sources/<name>.yaml, with every setting of the connector explained')
      .requiredOption('--connector <name>', 'one that `source list` shows')
      .addOption(new Option('--kind <kind>', 'where a connector of that name both is read from and posts').choices(['etl', 'webhook']))
      .option('--manifest <file>', "for declarative: a manifest in the stack's folder, whose own settings are written too"),
    async ({ stack, output }, options, name) => {
      const folder = requireStack(stack)
      const manifest: string | undefined = options['manifest']
      const connector = findConnector(options['connector'], options['kind'], manifest !== undefined)
      const text = sourceSkeleton(checkName(name), connector, manifest === undefined ? undefined : await manifestOf(folder, manifest))
      const path = `sources/${name}.yaml`
      await writeNew(folder, path, text)
      const secrets = [...new Set([...text.matchAll(/^[^#]*\$\{secret:(\w+)\}/gm)].map((match) => match[1]!))]
      const asks = secrets.length === 0 ? '' : ` Secrets it asks for: ${secrets.join(', ')}.`
      const next = connector.kind === 'etl' ? `millrace source check ${name}` : 'millrace validate'
      output.result({ path, secrets }, `${path} is written.${asks} Fill in what is empty, then: ${next}`)
      return 'done'
    },
  )
}

function checkName(name: string): string {
  const parsed = nameSchema.safeParse(name)
  if (parsed.success) return parsed.data
  throw new MillraceError({ code: 'invalid-name', fault: 'config', message: `The name "${name}" ${parsed.error.issues[0]!.message}.` })
}

function findConnector(name: string, kind: string | undefined, isManifest: boolean): KnownConnector {
  const all = knownConnectors()
  const found = all.filter((connector) => connector.name === name && (kind === undefined || connector.kind === kind))
  if (found.length === 0) {
    const known = all.map((connector) => connector.name)
    const what = kind === undefined ? '' : ` of kind ${kind}`
    throw refuse('unknown-connector', `There is no source connector "${name}"${what}.`, didYouMean(name, known, 'connectors'))
  }
  if (found.length > 1) throw refuse('ambiguous-connector', `${name} both is read from and posts.`, 'Say --kind etl or --kind webhook.')
  if (isManifest && name !== 'declarative') throw refuse('no-manifest', `${name} takes no manifest.`, 'Leave --manifest away.')
  return found[0]!
}

async function manifestOf(folder: string, file: string): Promise<{ path: string; spec: SettingSchema }> {
  const text = await readText(file)
  const path = relative(folder, resolve(file)).split(sep).join('/')
  if (path.startsWith('../') || resolve(file) === path) {
    throw new MillraceError({
      code: 'outside-stack',
      fault: 'config',
      message: `${file} is not in the stack's folder.`,
      mend: `Copy it into ${folder} first (manifests/ is a good place), so that it is kept with the stack.`,
    })
  }
  return { path, spec: (manifestSpec(text) ?? {}) as SettingSchema }
}

function refuse(code: string, message: string, mend: string): MillraceError {
  return new MillraceError({ code, fault: 'config', message, mend })
}

/** Throws `file-exists`: what somebody wrote is never overwritten. */
async function writeNew(folder: string, path: string, text: string): Promise<void> {
  const file = join(folder, path)
  await mkdir(dirname(file), { recursive: true })
  try {
    await writeFile(file, text, { flag: 'wx' })
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown
    throw new MillraceError({
      code: 'file-exists',
      fault: 'config',
      message: 'There is a source of that name already.',
      at: { file: path },
      mend: 'Take another name.',
    })
  }
}
