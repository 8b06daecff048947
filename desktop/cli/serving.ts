import type { LogLevel } from '#core/lib/runtime.ts'
import { type HttpServer, startHttpServer } from '#desktop/host/http/server.ts'
import { type OpenStack, openStack } from '#desktop/host/open-stack.ts'
import { startOnUsualPort } from '#desktop/host/ports.ts'
import { buildRenderer, rendererFolder } from '#desktop/renderer/build.ts'
import type { VerbContext } from './verb.ts'

/** A stack at work, reached over HTTP. */
export interface Serving {
  stack: OpenStack
  http: HttpServer
  close(): Promise<void>
}

export interface ServingOptions {
  stackFolder: string
  variables: Record<string, string | undefined>
  simulated?: readonly string[]
  /** Of the HTTP server. */
  port: number | undefined
  edge: { port: number | undefined } | undefined
  warehousePort: number | undefined
  verbose: boolean
}

/** Where the studio is when nothing else is asked for. */
const usualPort = 8124

/** What `up`, `serve` and `studio` have in common: servers, host, HTTP and the built studio. */
export async function startServing(context: VerbContext, options: ServingOptions): Promise<Serving> {
  const { output } = context
  const shown: Record<LogLevel, boolean> = { debug: false, info: options.verbose, warn: true, error: true }
  output.progress({ stage: 'starting' }, 'Starting the warehouse and the collector …')
  const renderer = buildRenderer()
  // Waited for below; a failure before that must not count as unhandled.
  renderer.catch(() => {})
  const stack = await openStack({
    stackFolder: options.stackFolder,
    environment: context.environment,
    variables: options.variables,
    simulated: options.simulated ?? [],
    live: true,
    edge: options.edge,
    warehousePort: options.warehousePort,
    log: (level, message, facts) => {
      if (shown[level]) output.note(`${level}: ${message}${facts === undefined ? '' : ` ${JSON.stringify(facts)}`}`)
    },
  })
  try {
    output.progress({ stage: 'building' }, 'Building the studio (the first time takes seconds) …')
    await renderer
    const start = (port: number | undefined) => startHttpServer({ host: stack.host, port: port ?? 0, rendererFolder })
    const http = await startOnUsualPort(
      stack.paths.folder,
      'host',
      options.port,
      (port) =>
        start(port ?? usualPort).catch((thrown: unknown) => {
          if (port !== undefined) throw thrown
          return start(0)
        }),
      (server) => server.port,
    )
    stack.announce(http)
    return {
      stack,
      http,
      async close() {
        await http.close()
        await stack.close()
      },
    }
  } catch (thrown) {
    await stack.close()
    throw thrown
  }
}

/** What a start says of itself, for people and for programs. */
export function describeServing({ stack, http }: Serving): { data: object; text: string } {
  const { stack: loaded, problems } = stack.host.view()
  const errors = problems.filter((problem) => problem.severity === 'error').length
  return {
    data: {
      stack: { name: loaded.file.name, folder: stack.paths.stack },
      studio: http.address,
      host: http.url,
      warehouse: { url: stack.warehouse.url, user: stack.warehouse.user },
      ...(stack.edge === undefined ? {} : { edge: stack.edge.url }),
      problems: problems.length,
      pid: process.pid,
    },
    text: [
      `Stack      ${loaded.file.name} (${stack.paths.stack})`,
      `Warehouse  ${stack.warehouse.url} (user ${stack.warehouse.user})`,
      `Collector  ${stack.edge?.url ?? 'none'}`,
      `Studio     ${http.address}`,
      ...(errors === 0 ? [] : [`The stack has ${errors} ${errors === 1 ? 'error' : 'errors'}: \`millrace validate\` lists them.`]),
    ].join('\n'),
  }
}
