import type { Stack, StackFiles } from './stack.ts'

/**
 * Reads a stack. A broken file never sinks the rest: it is left out, and what is wrong with it
 * stands in `problems`, with file, line, column and the mend. Throws only what `files` throws.
 */
export async function loadStack(_files: StackFiles): Promise<Stack> {
  throw new Error('being built')
}
