import { readFileSync } from 'node:fs'
import { type Command, Option } from 'commander'
import { parseJson } from '#core/event/parse.ts'
import { changesBetween, countOutcomes, outcomeOf, type Outcome } from '#core/event/transform-outcome.ts'
import type { MethodOutput } from '#core/host/contract.ts'
import { MillraceError } from '#core/lib/error.ts'
import { formatTable } from '../output.ts'
import { withSession } from '../session.ts'
import { verb, wholeNumber } from '../verb.ts'

type Tested = MethodOutput<'transform.test'>

export function addTransform(program: Command): void {
  const transform = program.command('transform').description('transforms of events: list, test')
  verb(transform.command('list').description('the transforms, and whose events go through them'), (context) =>
    withSession(context, async ({ client }) => {
      const { transforms } = await client.call('transform.list', {})
      const rows = transforms.map(({ name, sources, fetch, hash }) => [
        name,
        sources.join(', ') || 'none',
        fetch.join(', ') || 'no network',
        hash?.slice(0, 12) ?? 'broken',
      ])
      context.output.result({ transforms }, formatTable(['transform', 'sources', 'may fetch', 'version'], rows))
      return 'done'
    }),
  )
  verb<[string]>(
    transform
      .command('test <name>')
      .description('what a transform makes of past events, before it is published; nothing is stored')
      .addOption(
        new Option('--from <select>', 'a SELECT of rows of events.all (default: the newest events of its sources)').conflicts('events'),
      )
      .option('--events <file>', 'a JSON file of events as a sender would send them: a list, or {"batch": […]} (- reads stdin)')
      .option('--limit <n>', 'events to try it on', wholeNumber(1, 1000), 100),
    (context, options, name) => {
      const { from, events, limit } = options as { from?: string; events?: string; limit: number }
      const given = events === undefined ? undefined : readEvents(events)
      return withSession(context, async ({ client }) => {
        const tested = await client.call('transform.test', {
          name,
          limit,
          ...(from === undefined ? {} : { sql: from }),
          ...(given === undefined ? {} : { events: given }),
        })
        const counts = { events: tested.results.length, ...countOutcomes(tested.results) }
        context.output.result({ transform: name, counts, ...tested }, format(name, tested, counts))
        return counts.rejected > 0 ? 'failed' : 'done'
      })
    },
  )
}

function readEvents(file: string): Record<string, unknown>[] {
  const body = parseJson(read(file))
  if (!body.ok) throw problem(`${file}: ${body.error.message}`)
  const list: unknown = isObject(body.value) && Array.isArray(body.value['batch']) ? body.value['batch'] : body.value
  const events: unknown[] = Array.isArray(list) ? list : [list]
  const wrong = events.findIndex((event) => !isObject(event))
  if (wrong >= 0) throw problem(`${file}: event ${wrong} is not an object.`)
  return events as Record<string, unknown>[]
}

function read(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (cause) {
    throw problem(`${file} cannot be read: ${(cause as Error).message}.`)
  }
}

function format(name: string, tested: Tested, counts: { events: number } & Record<Outcome, number>): string {
  const told = tested.results.flatMap((result) => {
    const outcome = outcomeOf(result)
    if (outcome === 'unchanged') return []
    const heading = `${outcome} ${titleOf(result.before)}`
    if (result.rejected !== undefined) return [heading, ...indent([`${result.rejected.reason}: ${result.rejected.message}`])]
    return [
      heading,
      ...result.after.flatMap((event, index) => [
        ...(outcome === 'split' ? [`  ${index + 1}. ${titleOf(event)}`] : []),
        ...indent(diffLines(result.before, event)),
      ]),
    ]
  })
  const { events, ...byOutcome } = counts
  const summary = Object.entries(byOutcome)
    .filter(([, count]) => count > 0)
    .map(([outcome, count]) => `${count} ${outcome}`)
  return [
    ...told,
    ...tested.logs.map(([level, text]) => `${level}: ${text}`),
    `${name} (version ${tested.hash.slice(0, 12)}), tried on ${events} ${events === 1 ? 'event' : 'events'}: ${summary.join(', ') || 'there are none to try it on'}.`,
  ].join('\n')
}

/** A line a value: `- path: value` as it was, `+ path: value` as it is. */
function diffLines(before: unknown, after: unknown): string[] {
  return changesBetween(before, after).flatMap((change) => [
    ...(change.before === undefined ? [] : [`- ${change.path}: ${JSON.stringify(change.before)}`]),
    ...(change.after === undefined ? [] : [`+ ${change.path}: ${JSON.stringify(change.after)}`]),
  ])
}

function titleOf({ type, event, name, messageId }: Record<string, unknown>): string {
  return [type, event ?? name, messageId].filter((part) => part !== undefined).join(' ')
}

function indent(lines: readonly string[]): string[] {
  return lines.flatMap((line) => line.split('\n')).map((line) => `    ${line}`)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function problem(message: string): MillraceError {
  return new MillraceError({
    code: 'invalid-events',
    fault: 'config',
    message,
    mend: 'Give a JSON list of events: [{"type":"track","event":"…","userId":"…"}]',
  })
}
