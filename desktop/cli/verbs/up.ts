import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { createClient } from '#core/host/client.ts'
import { createMemoryTransport } from '#core/host/memory-transport.ts'
import { formatError, toMillraceError } from '#core/lib/error.ts'
import { openStudio } from '../open-studio.ts'
import { describeServing, startServing } from '../serving.ts'
import { findStack, requireStack } from '../stack-folder.ts'
import { type Outcome, untilAborted, verb, type VerbContext } from '../verb.ts'
import { servingOptions, withPorts } from './serve.ts'

/** Where the demo's stack is made when there is no stack: here, as one's own to look into. */
const demoFolder = 'millrace-demo'

export function addUp(program: Command): void {
  const up = program
    .command('up')
    .description('warehouse, collector, host and studio; the demo when there is no stack')
    .option('--demo <dir>', 'play the demo in this folder')
    .option('--exit', 'end once everything is up (with the demo: once its summary is printed)')
  verb(withPorts(up), (context, options) => {
    const demo = options['demo'] as string | undefined
    if (demo !== undefined) return upDemo(context, options, resolve(demo))
    const folder = findStack(context.stack, process.cwd())
    if (folder === undefined) return upDemo(context, options, resolve(demoFolder))
    // In the demo's own folder it goes on as the demo: without its simulated tools, nothing in it would answer.
    const isDemo = context.stack === undefined && existsSync(join(folder, '.millrace/demo.json'))
    return isDemo ? upDemo(context, options, folder) : upStack(context, options)
  })
}

async function upStack(context: VerbContext, options: Record<string, any>): Promise<Outcome> {
  const serving = await startServing(context, {
    stackFolder: requireStack(context.stack),
    variables: process.env,
    ...servingOptions(options),
  })
  try {
    const { data, text } = describeServing(serving)
    context.output.result(data, text)
    if (options['exit'] === true) return 'done'
    openStudio(context, serving)
    await untilAborted(context.signal)
    return 'done'
  } finally {
    await serving.close()
  }
}

async function upDemo(context: VerbContext, options: Record<string, any>, folder: string): Promise<Outcome> {
  const { output, signal } = context
  // Loaded only here: no other verb has use for the simulated tools.
  const [{ playLive, prepareDemo, runDemo }, { formatSummary }] = await Promise.all([
    import('#desktop/demo/index.ts'),
    import('#desktop/demo/summary.ts'),
  ])
  output.note(`This is the demo, in ${folder}: a shop whose tools are simulated. \`millrace init\` makes a stack of your own.`)
  const demo = await prepareDemo({ folder })
  try {
    const serving = await startServing(context, {
      stackFolder: demo.folder,
      variables: { ...process.env, ...demo.secrets },
      simulated: demo.simulated,
      ...servingOptions({ ...options, edge: true }),
    })
    try {
      const edgeUrl = serving.stack.edge!.url
      const summary = await runDemo(demo, {
        client: createClient(createMemoryTransport(serving.stack.host)),
        edgeUrl,
        signal,
        onProgress: (progress) =>
          output.progress(
            progress,
            progress.of === undefined ? `${progress.stage}.` : `${progress.stage}: ${progress.done ?? 0} of ${progress.of}`,
          ),
      })
      const { data, text } = describeServing(serving)
      output.result({ ...data, demo: summary }, `${text}\n${formatSummary(summary, serving.http.address)}`)
      if (options['exit'] === true) return 'done'
      openStudio(context, serving)
      await Promise.all([
        playLive(demo, { edgeUrl, signal, onProblem: (thrown) => output.note(formatError(toMillraceError(thrown).toJSON())) }),
        untilAborted(signal),
      ])
      return 'done'
    } finally {
      await serving.close()
    }
  } finally {
    await demo.stop()
  }
}
