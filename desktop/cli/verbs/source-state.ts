import type { Command } from 'commander'
import type { KnownState } from '#core/host/method/state.ts'
import { MillraceError } from '#core/lib/error.ts'
import type { Json } from '#core/lib/json.ts'
import { formatTable } from '../output.ts'
import { withSession } from '../session.ts'
import { readStateLines } from '../source/state-line.ts'
import { verb, wholeNumber } from '../verb.ts'

export function addSourceState(source: Command): void {
  const state = source.command('state').description('where incremental reads begin: show, set, reset, export')

  verb<[string, string | undefined]>(
    state.command('show <source> [stream]').description('the state that the next run of each stream takes'),
    (context, _options, name, stream) =>
      withSession(context, async ({ client }) => {
        const { states } = await client.call('state.list', { source: name, stream })
        context.output.result({ source: name, states }, states.length === 0 ? `No state is kept of ${name}.` : formatStates(states))
        return 'done'
      }),
  )

  verb<[string, string | undefined]>(
    state.command('export <source> [stream]').description('print the states as JSON lines, for `set --from` or `source read --state`'),
    (context, _options, name, stream) =>
      withSession(context, async ({ client }) => {
        const { states } = await client.call('state.list', { source: name, stream })
        for (const known of states) if (known.state !== null) await context.output.item({ type: 'state', ...known })
        return 'done'
      }),
  )

  const set = state
    .command('set <source> [stream] [json]')
    .description('let the next run begin at this state')
    .option('--from <file>', 'states as `export` and `source read` print them: of all streams, or of the one named (- is stdin)')
    .option('--if-version <n>', 'only while its version is still this one', wholeNumber(0, Number.MAX_SAFE_INTEGER))
  verb<[string, string | undefined, string | undefined]>(set, async (context, options, name, stream, json) => {
    const from: string | undefined = options['from']
    if ((from === undefined) === (json === undefined)) set.error('error: give a stream and its state, or --from with a file')
    const states = from === undefined ? [{ stream: stream!, state: parseState(json!) }] : await statesFrom(from, stream)
    return withSession(context, async ({ client }) => {
      const answer = await client.call('state.set', { source: name, states, ifVersion: options['ifVersion'] })
      context.output.result({ source: name, ...answer }, formatStates(answer.states))
      return 'done'
    })
  })

  verb<[string, string | undefined]>(
    state.command('reset <source> [stream]').description('let the next run read from the beginning: the stream, or all of them'),
    (context, _options, name, stream) =>
      withSession(context, async ({ client }) => {
        const { states } = await client.call('state.reset', { source: name, stream })
        const streams = states.map((known) => known.stream).join(', ')
        context.output.result(
          { source: name, states },
          states.length === 0 ? `No state is kept of ${name}.` : `From the beginning: ${streams}.`,
        )
        return 'done'
      }),
  )
}

async function statesFrom(file: string, only: string | undefined): Promise<{ stream: string; state: Json }[]> {
  const states = [...(await readStateLines(file, process.stdin)).values()]
    .filter(({ stream }) => only === undefined || stream === only)
    .map(({ stream, state }) => ({ stream, state }))
  if (states.length > 0) return states
  const of = only === undefined ? '' : ` of the stream ${only}`
  throw new MillraceError({ code: 'no-state', fault: 'config', message: `There is no state${of} in ${file}.` })
}

function parseState(json: string): Json {
  try {
    return JSON.parse(json) as Json
  } catch (cause) {
    throw new MillraceError({
      code: 'invalid-state',
      fault: 'config',
      message: `The state is no JSON: ${json.slice(0, 100)}`,
      mend: `Quote it for the shell: '{"updated_at":"2026-01-31"}'.`,
      cause,
    })
  }
}

function formatStates(states: readonly KnownState[]): string {
  const rows = states.map(({ stream, version, state, at }) => [
    stream,
    version,
    new Date(at).toISOString(),
    state === null ? 'from the beginning' : JSON.stringify(state),
  ])
  return formatTable(['stream', 'version', 'since', 'state'], rows)
}
