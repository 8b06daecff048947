import type { Command } from 'commander'
import { unwrap } from '#core/lib/result.ts'
import { formatTable } from '../output.ts'
import { withSession } from '../session.ts'
import { openLoneSource, withoutSecrets } from '../source/lone-source.ts'
import { chosenStreams } from '../source/choose-stream.ts'
import { readLines } from '../source/read-lines.ts'
import { readStateLines } from '../source/state-line.ts'
import { type Outcome, verb, type VerbContext, wholeNumber } from '../verb.ts'
import { addSourceAdd } from './source-add.ts'
import { addSourceState } from './source-state.ts'
import { addSourceSync } from './source-sync.ts'

/** Records of the stack's sources that a look takes at most. */
const mostShown = 1000

export function addSource(program: Command): void {
  const source = program.command('source').description('sources: list, add, check, discover, read, sync, state (ETL), snippet (SDK)')
  addSourceAdd(source)

  const check = onManifest(source.command('check [name]').description('one call that proves the settings work'))
  verb<[string | undefined]>(check, (context, options, name) => {
    const file = manifestOf(check, options, name)
    if (file !== undefined) {
      return withLone(context, options, async ({ source, config, runtime }) => {
        unwrap(await source.check(config, runtime))
        context.output.result({ manifest: file }, `${file} answers.`)
        return 'done'
      })
    }
    return withSession(context, async ({ client }) => {
      await client.call('source.check', { name: name! })
      context.output.result({ source: name }, `${name} answers.`)
      return 'done'
    })
  })

  const discover = onManifest(source.command('discover [name]').description('the streams it offers'))
  verb<[string | undefined]>(discover, (context, options, name) => {
    const file = manifestOf(discover, options, name)
    const show = (subject: object, { streams }: { streams: StreamFacts[] }): Outcome => {
      context.output.result({ ...subject, streams }, formatStreams(streams))
      return 'done'
    }
    if (file !== undefined) {
      return withLone(context, options, async ({ source, config, runtime }) =>
        show({ manifest: file }, unwrap(await source.discover(config, runtime))),
      )
    }
    return withSession(context, async ({ client }) => show({ source: name }, await client.call('source.discover', { name: name! })))
  })

  const read = onManifest(source.command('read [name] [stream]').description('print records as they come; nothing is stored'))
    .option('--stream <names...>', 'with --manifest: only these streams')
    .option('--state <file>', 'with --manifest: go on from the states that an earlier read printed (- is stdin)')
    .option('--limit <n>', 'records of a stream at most (default: 20, with --manifest all)', wholeNumber(1, 1_000_000_000))
  verb<[string | undefined, string | undefined]>(read, (context, options, name, stream) => {
    if (manifestOf(read, options, name) !== undefined) {
      return withLone(context, options, async (lone) => {
        const states = options['state'] === undefined ? new Map() : await readStateLines(options['state'], process.stdin)
        const { streams } = unwrap(await lone.source.discover(lone.config, lone.runtime))
        const request = { streams: chosenStreams(streams, options['stream']), states, limit: options['limit'] ?? Number.POSITIVE_INFINITY }
        return readLines(lone, request, context.output)
      })
    }
    if (stream === undefined) return read.error("error: missing required argument 'stream'")
    for (const option of ['stream', 'state']) if (options[option] !== undefined) read.error(`error: --${option} goes with --manifest`)
    const limit: number = options['limit'] ?? 20
    if (limit > mostShown) read.error(`error: of a source of the stack at most ${mostShown} records are shown; \`source sync\` reads all`)
    return withSession(context, async ({ client }) => {
      const { records } = await client.call('source.read', { name: name!, stream, limit })
      context.output.result({ source: name, stream, records }, records.map((record) => JSON.stringify(record)).join('\n'))
      return 'done'
    })
  })

  addSourceSync(source)
  addSourceState(source)

  verb<[string]>(
    source.command('snippet <name>').description("what a site's pages get to load the browser SDK"),
    (context, _options, name) =>
      withSession(context, async ({ client }) => {
        const { html, secret } = await client.call('source.snippet', { name })
        const note = secret === undefined ? '' : `\nPut the write key in place of ${secret}, the name of the secret that holds it.`
        context.output.result({ source: name, html, ...(secret === undefined ? {} : { secret }) }, html + note)
        return 'done'
      }),
  )
}

function onManifest(command: Command): Command {
  return command
    .option('--manifest <file>', 'a connector manifest, instead of a source of the stack')
    .option('--config <file>', "with --manifest: its settings, as JSON or YAML, by the manifest's spec")
}

/** The manifest's file; undefined when a source of the stack is named. Ends as wrong usage when it is neither, or both. */
function manifestOf(command: Command, options: Record<string, any>, name: string | undefined): string | undefined {
  const file: string | undefined = options['manifest']
  if (name !== undefined && file !== undefined) command.error('error: name a source of the stack, or a --manifest, not both')
  if (name === undefined && file === undefined) command.error("error: missing required argument 'name' (or --manifest)")
  if (file === undefined && options['config'] !== undefined) command.error('error: --config goes with --manifest')
  return file
}

async function withLone(
  context: VerbContext,
  options: Record<string, any>,
  work: (lone: Awaited<ReturnType<typeof openLoneSource>>) => Promise<Outcome>,
): Promise<Outcome> {
  const lone = await openLoneSource(context, options['manifest'], options['config'])
  return withoutSecrets(lone.redactor, () => work(lone))
}

interface StreamFacts {
  name: string
  modes: string[]
  primaryKey: string[][]
  cursorField?: string[] | undefined
}

function formatStreams(streams: readonly StreamFacts[]): string {
  const rows = streams.map(({ name, modes, primaryKey, cursorField }) => [
    name,
    modes.join(', '),
    primaryKey.map((path) => path.join('.')).join(', '),
    cursorField?.join('.') ?? '',
  ])
  return formatTable(['stream', 'modes', 'key', 'cursor'], rows)
}
