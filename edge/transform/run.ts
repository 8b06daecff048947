import { transformFailed, type RunTransform, transformTimeout } from '#core/event/transform.ts'
import { fail, ok } from '#core/lib/result.ts'
import type { LogLine, Sandbox } from './ran.ts'
import { storyFrom } from './story.ts'

/** Runs transforms in a sandbox; what they log goes to `onLog`, and without it nowhere. */
export function runTransformIn(sandbox: Sandbox, onLog?: (line: LogLine) => void): RunTransform {
  return async (transform, events, source) => {
    const { name } = transform
    const ran = await sandbox(
      transform,
      `{"name":${JSON.stringify(name)},"source":${JSON.stringify(source)},"logs":${onLog !== undefined},"events":${events}}`,
    )
    if (ran.kind === 'timeout') return fail(transformTimeout(transform, `It did not end within ${transform.timeout_ms} ms.`))
    for (const line of ran.logs) onLog?.(line)
    return ran.kind === 'done' ? ok(ran.result) : fail(transformFailed(transform, storyFrom(transform, ran.message, ran.stack)))
  }
}
