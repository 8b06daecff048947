import type { Command } from 'commander'
import { openStudio } from '../open-studio.ts'
import { describeServing, startServing } from '../serving.ts'
import { requireStack } from '../stack-folder.ts'
import { portNumber, untilAborted, verb, type VerbContext } from '../verb.ts'

export function addServe(program: Command): void {
  const serve = program.command('serve').description('the host, headless: jobs, schedules, HTTP and the studio for browsers')
  verb(withPorts(serve), (context, options) => keepServing(context, options, false))
}

export function addStudio(program: Command): void {
  const studio = program.command('studio').description('the studio, as an app or in the browser')
  verb(withPorts(studio), (context, options) => keepServing(context, options, true))
}

export function withPorts(command: Command): Command {
  return command
    .option('--port <n>', 'port of the HTTP server (default: 8124, or another when taken)', portNumber)
    .option('--edge-port <n>', 'port of the local collector (default: 8788, or another when taken)', portNumber)
    .option('--warehouse-port <n>', 'port of the local warehouse (default: 8123, or another when taken)', portNumber)
    .option('--no-edge', 'do not start a local collector')
    .option('--verbose', 'show what the servers log')
}

/** Common to the verbs that go on until Ctrl-C. */
export function servingOptions(options: Record<string, any>) {
  return {
    port: options['port'] as number | undefined,
    edge: options['edge'] === false ? undefined : { port: options['edgePort'] as number | undefined },
    warehousePort: options['warehousePort'] as number | undefined,
    verbose: options['verbose'] === true,
  }
}

async function keepServing(context: VerbContext, options: Record<string, any>, open: boolean) {
  const serving = await startServing(context, {
    stackFolder: requireStack(context.stack),
    variables: process.env,
    ...servingOptions(options),
  })
  try {
    const { data, text } = describeServing(serving)
    context.output.result(data, text)
    if (open) openStudio(context, serving)
    await untilAborted(context.signal)
  } finally {
    await serving.close()
  }
  return 'done' as const
}
