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
      const { stack, transforms, problems } = host.view()
      const sound = stack.transforms.map(({ name, path, content: { description, fetch, timeout_ms } }) => {
        const hash = transforms.find((transform) => transform.name === name)?.hash
        return {
          name,
          path,
          sources: users(name),
          fetch,
          timeout: timeout_ms,
          ...(description === undefined ? {} : { description }),
          ...(hash === undefined ? {} : { hash }),
        }
      })
      const broken = new Set(problems.flatMap(({ at }) => /^transforms\/([^/]+)\.ts$/.exec(at?.file ?? '')?.[1] ?? []))
      for (const { name } of sound) broken.delete(name)
      const unread = Array.from(broken, (name) => ({ name, path: `transforms/${name}.ts`, sources: users(name), fetch: [] }))
      return { transforms: [...sound, ...unread].toSorted((a, b) => (a.name < b.name ? -1 : 1)) }
    },
    async 'transform.test'({ name, text, sql, source, events, limit }) {
      const compiled = await compileTransform(text === undefined ? definitionOf(host, name) : await draft(name, text))
      if (!compiled.ok) return refuseProblems(compiled.problems)
      const sources = source === undefined ? users(name) : [source]
      const tried = events?.map((event) => ({ source: sources[0] ?? '', event })) ?? (await pastEvents(host, { sources, sql, limit }))
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
