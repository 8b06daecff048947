import { createHash } from 'node:crypto'
import { SourceMap } from 'node:module'
import { build, type BuildFailure, type Message, type Plugin } from 'esbuild'
import { type EdgeTransform, edgeTransformSchema } from '#core/event/edge-config.ts'
import type { Problem, Stack } from '#core/stack/stack.ts'

export type TransformDefinition = Stack['transforms'][number]

export type Compiled = { ok: true; transform: EdgeTransform } | { ok: false; problems: Problem[] }

/** A transform as it is published: its types taken away by esbuild, and named by the hash of what it is. */
export async function compileTransform({ name, path, content }: TransformDefinition): Promise<Compiled> {
  try {
    const { outputFiles, metafile } = await build({
      stdin: { contents: content.code, sourcefile: path, loader: 'ts' },
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      target: 'es2024',
      charset: 'utf8',
      sourcemap: 'external',
      outfile: 'transform.js',
      legalComments: 'none',
      logLevel: 'silent',
      tsconfigRaw: {},
      plugins: [oneFile],
    })
    const output = Object.entries(metafile.outputs).find(([file]) => file.endsWith('.js'))![1]
    if (!output.exports.includes('transform')) return broken([noTransform(path)])
    const code = outputFiles.find((file) => file.path.endsWith('.js'))!.text
    const lines = linesOf(code, outputFiles.find((file) => file.path.endsWith('.map'))!.text)
    const { fetch, timeout_ms } = content
    const version = { name, code, lines, fetch, timeout_ms }
    const parsed = edgeTransformSchema.safeParse({ ...version, hash: createHash('sha256').update(JSON.stringify(version)).digest('hex') })
    if (parsed.success) return { ok: true, transform: parsed.data }
    return broken([
      problem('invalid-transform', `${parsed.error.issues[0]!.path.join('.')}: ${parsed.error.issues[0]!.message}.`, { file: path }),
    ])
  } catch (thrown) {
    const errors = (thrown as Partial<BuildFailure>).errors
    if (errors === undefined) throw thrown
    return broken(errors.map((message) => compileProblem(message, path)))
  }
}

/** All transforms of a stack that compile, and what is wrong with the others. */
export async function compileTransforms(
  definitions: readonly TransformDefinition[],
): Promise<{ transforms: EdgeTransform[]; problems: Problem[] }> {
  const results = await Promise.all(definitions.map(compileTransform))
  return {
    transforms: results.flatMap((result) => (result.ok ? [result.transform] : [])),
    problems: results.flatMap((result) => (result.ok ? [] : result.problems)),
  }
}

function broken(problems: Problem[]): Compiled {
  return { ok: false, problems }
}

/** Types may be imported, they are gone by then; code may not. */
const oneFile: Plugin = {
  name: 'one-file',
  setup(build) {
    build.onResolve({ filter: /.*/ }, ({ path, kind }) =>
      kind === 'entry-point' ? undefined : { errors: [{ text: `A transform cannot import "${path}": it is one file.` }] },
    )
  },
}

/** For each line of the code, the line of the file it was made of; 0 for none. */
function linesOf(code: string, map: string): number[] {
  const source = new SourceMap(JSON.parse(map) as ConstructorParameters<typeof SourceMap>[0])
  return code.split('\n').map((text, line) => {
    const entry = source.findEntry(line, text.length)
    return 'originalLine' in entry && entry.generatedLine === line ? entry.originalLine + 1 : 0
  })
}

function compileProblem({ text, location, notes }: Message, path: string): Problem {
  const at = location === null ? { file: path } : { file: path, line: location.line, column: location.column + 1 }
  return problem('invalid-transform', text.endsWith('.') ? text : `${text}.`, at, notes[0]?.text)
}

function noTransform(path: string): Problem {
  const mend = 'Write: export function transform(events, context) { return events }'
  return problem('no-transform', 'The file exports no function named transform.', { file: path }, mend)
}

function problem(code: string, message: string, at: NonNullable<Problem['at']>, mend?: string): Problem {
  return { severity: 'error', code, fault: 'config', retryable: false, message, at, ...(mend === undefined ? {} : { mend }) }
}
