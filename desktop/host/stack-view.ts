import { destinations } from '#core/connector/destination-registry.ts'
import { webhookSources } from '#core/connector/webhook-registry.ts'
import type { EdgeTransform } from '#core/event/edge-config.ts'
import { formatError } from '#core/lib/error.ts'
import { loadStack } from '#core/stack/load.ts'
import { stackResolver } from '#core/stack/resolve.ts'
import type { Resolver } from '#core/stack/resolver.ts'
import type { Definition, Problem, Stack, StackFiles } from '#core/stack/stack.ts'
import { validateStack } from '#core/stack/validate.ts'
import { MillraceError } from '#core/lib/error.ts'
import { sources } from '#desktop/connector/registry.ts'
import { parseSchedule } from './schedule.ts'
import type { SecretResolver } from './secrets.ts'
import { compileTransforms } from './transform/compile.ts'

/** A stack as it was when it was last read, with all that is wrong with it. */
export interface StackView {
  stack: Stack
  problems: Problem[]
  /** The transforms that could be compiled. */
  transforms: EdgeTransform[]
  /** Variables and secrets. Where the environment asked for does not exist, it has no variables. */
  resolver: Resolver
}

export interface ViewOptions {
  files: StackFiles
  /** A name under `environments` of millrace.yaml. */
  environment?: string | undefined
  secret: SecretResolver
}

/** Reads and checks the stack: its files, what they refer to, and their schedules. */
export async function viewStack(options: ViewOptions): Promise<StackView> {
  const stack = await loadStack(options.files, { environment: options.environment })
  const resolver = makeResolver(stack, options)
  const { transforms, problems: uncompiled } = await compileTransforms(stack.transforms)
  const problems = [
    ...stack.problems,
    ...uncompiled,
    ...validateStack(stack, { sources, webhookSources, destinations, resolver }),
    ...checkSchedules(stack),
  ]
  return { stack, problems, transforms, resolver }
}

/** An environment that does not exist is among the problems of the stack already. */
function makeResolver(stack: Stack, options: ViewOptions): Resolver {
  try {
    return stackResolver(stack.file, { environment: options.environment, secret: options.secret })
  } catch (thrown) {
    if (!(thrown instanceof MillraceError)) throw thrown
    return { secret: options.secret, variable: () => undefined }
  }
}

function checkSchedules(stack: Stack): Problem[] {
  const all: Definition<{ schedule?: string | undefined }>[] = [
    ...stack.sources.flatMap(({ content, ...place }) => (content.kind === 'etl' ? [{ ...place, content }] : [])),
    ...stack.models,
    ...stack.traits.map(({ content, ...place }) => ({ ...place, content: content.trait })),
    ...stack.syncs,
  ]
  return all.flatMap(({ path, content }) => {
    if (content.schedule === undefined) return []
    try {
      parseSchedule(content.schedule)
      return []
    } catch (thrown) {
      if (!(thrown instanceof MillraceError)) throw thrown
      return [{ ...thrown.toJSON(), at: { file: path, field: 'schedule' }, severity: 'error' as const }]
    }
  })
}

/** Throws `broken-stack`, with every error on a line of its own, when the stack has any. */
export function refuseBroken(view: StackView): void {
  const errors = view.problems.filter((problem) => problem.severity === 'error')
  if (errors.length > 0) refuseProblems(errors)
}

/** Throws `broken-stack`, with each problem on a line of its own. */
export function refuseProblems(problems: readonly Problem[]): never {
  throw new MillraceError({
    code: 'broken-stack',
    fault: 'config',
    message: problems.map(formatError).join('\n'),
    at: problems.length === 1 ? problems[0]!.at : undefined,
  })
}
