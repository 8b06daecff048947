import type { Handlers } from '#core/host/dispatch.ts'
import { MillraceError } from '#core/lib/error.ts'
import { didYouMean } from '#core/lib/suggest.ts'
import { loadStack } from '#core/stack/load.ts'
import { refuseProblems } from '../stack-view.ts'
import type { HostContext } from '../host-context.ts'
import { compileTransform, type TransformDefinition } from '../transform/compile.ts'
import { pastEvents } from '../transform/past-events.ts'
import { runTrial } from '../transform/trial.ts'

/** The collector's own limit of an event, unless it is told otherwise (`edge/env.ts`). */
const maxBytes = 32 * 1024

export function transformHandlers(host: HostContext): Pick<Handlers, 'transform.list' | 'transform.test'> {
  const users = (name: string) =>
    host
      .view()
      .stack.sources.flatMap((source) => (source.content.kind !== 'etl' && source.content.transforms.includes(name) ? [source.name] : []))
  return {
    async 'transform.list'() {
      const { stack, transforms } = host.view()
      return {
        transforms: stack.transforms.map(({ name, path, content: { description, fetch } }) => {
          const hash = transforms.find((transform) => transform.name === name)?.hash
          return {
            name,
            path,
            sources: users(name),
            fetch,
            ...(description === undefined ? {} : { description }),
            ...(hash === undefined ? {} : { hash }),
          }
        }),
      }
    },
    async 'transform.test'({ name, text, sql, events, limit }) {
      const compiled = await compileTransform(text === undefined ? definitionOf(host, name) : await draft(name, text))
      if (!compiled.ok) return refuseProblems(compiled.problems)
      const [source = ''] = users(name)
      const tried = events?.map((event) => ({ source, event })) ?? (await pastEvents(host, { sources: users(name), sql, limit }))
      const result = await runTrial({ transform: compiled.transform, events: tried.slice(0, limit), maxBytes }, host.signal)
      return { ...result, hash: compiled.transform.hash }
    },
  }
}

function definitionOf(host: HostContext, name: string): TransformDefinition {
  const { stack, problems } = host.view()
  const definition = stack.transforms.find((transform) => transform.name === name)
  if (definition !== undefined) return definition
  const broken = problems.filter(({ at, severity }) => severity === 'error' && at?.file === `transforms/${name}.ts`)
  if (broken.length > 0) return refuseProblems(broken)
  const names = stack.transforms.map((transform) => transform.name)
  throw new MillraceError({
    code: 'unknown-transform',
    fault: 'config',
    message: `There is no transform "${name}".`,
    mend: didYouMean(name, names, 'transforms'),
  })
}

/** The file as it is in an editor, not saved yet. */
async function draft(name: string, text: string): Promise<TransformDefinition> {
  const path = `transforms/${name}.ts`
  const stack = await loadStack({ list: async () => [path], read: async () => text })
  return stack.transforms[0] ?? refuseProblems(stack.problems.filter(({ at }) => at?.file === path))
}
