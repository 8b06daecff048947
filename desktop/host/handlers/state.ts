import type { Stream } from '#core/connector/source.ts'
import type { Handlers } from '#core/host/dispatch.ts'
import type { KnownState } from '#core/host/method/state.ts'
import { MillraceError } from '#core/lib/error.ts'
import type { Json } from '#core/lib/json.ts'
import { unwrap } from '#core/lib/result.ts'
import { didYouMean } from '#core/lib/suggest.ts'
import { prepareLog, witnessedStreams } from '#core/pipeline/log.ts'
import { latestState } from '#core/pipeline/recover.ts'
import { replaceState, resetState } from '#core/pipeline/state.ts'
import type { HostContext } from '../host-context.ts'
import { prepareSource } from './source.ts'

/** The states of ETL sources, as the next run takes them: the later of what is stored and what the warehouse witnesses. */
export function stateHandlers(host: HostContext): Pick<Handlers, 'state.list' | 'state.set' | 'state.reset'> {
  const one = async (source: string, stream: string): Promise<KnownState[]> => {
    const state = await latestState(host.state, host.warehouse, source, stream, host.signal)
    return state === undefined ? [] : [{ stream, version: state.version, state: state.value, at: state.at }]
  }
  const list = async (source: string, only?: string): Promise<KnownState[]> => {
    requireEtl(host, source)
    await prepareLog(host.warehouse, host.signal)
    if (only !== undefined) return one(source, only)
    const stored = (await host.state.list(source)).map(({ stream }) => stream)
    const names = new Set([...stored, ...(await witnessedStreams(host.warehouse, source, host.signal))])
    return (await Promise.all([...names].toSorted().map((stream) => one(source, stream)))).flat()
  }
  return {
    async 'state.list'({ source, stream }) {
      return { states: await list(source, stream) }
    },
    async 'state.set'({ source: name, states, ifVersion }) {
      requireEtl(host, name)
      const { source, config } = await prepareSource(host, name)
      const runtime = { ...host, vault: host.vaults(name) }
      const { streams } = unwrap(await source.discover(config, runtime))
      for (const { stream, state } of states) {
        requireIncremental(streams, stream, state)
        if (source.checkState !== undefined) unwrap(source.checkState(config, stream, state, runtime))
      }
      const known = await Promise.all(states.map(async ({ stream }) => (await list(name, stream))[0]))
      for (const [index, { stream }] of states.entries()) requireVersion(stream, known[index]?.version ?? 0, ifVersion)
      refuseWhileRunning(host, name)
      const set = states.map(async ({ stream, state }) => {
        const { version, at } = await replaceState(host.state, name, stream, state, host.clock.now())
        return { stream, version, state, at }
      })
      return { states: await Promise.all(set) }
    },
    async 'state.reset'({ source, stream }) {
      const known = await list(source, stream)
      if (stream !== undefined && known.length === 0) {
        const others = await list(source)
        throw new MillraceError({
          code: 'no-state',
          fault: 'config',
          message: `The stream ${stream} of ${source} has no state: it is read from the beginning as it is.`,
          ...(others.length === 0
            ? {}
            : {
                mend: didYouMean(
                  stream,
                  others.map((state) => state.stream),
                  'streams with a state',
                ),
              }),
        })
      }
      refuseWhileRunning(host, source)
      for (const state of known) await resetState(host.state, source, state.stream, host.clock.now())
      const reset = await Promise.all(known.map((state) => one(source, state.stream)))
      return { states: reset.flat() }
    },
  }
}

function requireEtl(host: HostContext, name: string): void {
  const { sources } = host.view().stack
  const etl = sources.filter(({ content }) => content.kind === 'etl').map((source) => source.name)
  if (etl.includes(name)) return
  const found = sources.find((source) => source.name === name)
  throw new MillraceError({
    code: 'unknown-source',
    fault: 'config',
    message:
      found === undefined
        ? `The stack has no source "${name}".`
        : `Source "${name}" is of kind ${found.content.kind}: only ETL sources have states.`,
    mend: didYouMean(name, etl, 'ETL sources'),
  })
}

function requireIncremental(streams: readonly Stream[], name: string, state: Json): void {
  const stream = streams.find((candidate) => candidate.name === name)
  if (stream === undefined) {
    const known = streams.map((candidate) => candidate.name)
    throw new MillraceError({
      code: 'unknown-stream',
      fault: 'config',
      message: `The source has no stream "${name}".`,
      mend: didYouMean(name, known, 'streams'),
    })
  }
  const refusal = !stream.modes.includes('incremental')
    ? `The stream ${name} has no cursor: it is read whole each time, and no state is kept of it.`
    : state === null
      ? `null is no state of ${name}.`
      : undefined
  if (refusal === undefined) return
  throw new MillraceError({
    code: 'invalid-state',
    fault: 'config',
    message: refusal,
    ...(state === null ? { mend: '`millrace source state reset` makes it read from the beginning.' } : {}),
  })
}

function requireVersion(stream: string, version: number, wanted: number | undefined): void {
  if (wanted === undefined || wanted === version) return
  throw new MillraceError({
    code: 'state-changed',
    fault: 'config',
    message: `The state of ${stream} has version ${version}, not ${wanted}: something changed it since it was looked at.`,
    mend: 'Look at it again with `millrace source state show`.',
  })
}

function refuseWhileRunning(host: HostContext, name: string): void {
  if (!host.runner.isHeld(`source:${name}`)) return
  throw new MillraceError({
    code: 'source-runs',
    fault: 'transient',
    message: `The source ${name} is running, or waits to: it would write its own state over this one.`,
    mend: 'Wait for the end of its run, or cancel it.',
  })
}
