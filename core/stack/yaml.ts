import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import type { Place } from '../lib/error.ts'
import type { Problem } from './stack.ts'

/** A YAML text as plain data, with the place of every value and key by its path with dots. */
export interface ParsedYaml {
  value: unknown
  values: Record<string, Place>
  keys: Record<string, Place>
  problems: Problem[]
}

/**
 * Parses one YAML 1.2 document. A syntax error gives a problem each and `value` undefined.
 * `source` may be a file in which all but the YAML is blanked out, so that lines and columns hold.
 */
export function parseYaml(source: string, file: string): ParsedYaml {
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: true, strict: true })
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { file, line, column: col }
  }
  if (document.errors.length > 0) {
    // One slip often gives several errors at one spot; the first says it best.
    const errors = document.errors.filter((error, index, all) => all.findIndex((other) => other.pos[0] === error.pos[0]) === index)
    const problems = errors.map((error): Problem => {
      const { line, col } = error.linePos?.[0] ?? lines.linePos(error.pos[0])
      return {
        severity: 'error',
        code: 'invalid-yaml',
        fault: 'config',
        retryable: false,
        message: `This is not YAML: ${firstLine(error.message)}.`,
        at: { file, line, column: col },
        mend: mends[error.code] ?? 'Check indentation, colons and quotes around this line.',
      }
    })
    return { value: undefined, values: {}, keys: {}, problems }
  }
  const values: Record<string, Place> = {}
  const keys: Record<string, Place> = {}
  const walk = (node: unknown, path: string) => {
    const range = (node as Node | null)?.range
    if (range) values[path] = place(range[0])
    if (isMap(node)) {
      for (const pair of node.items) {
        const name = isScalar(pair.key) ? String(pair.key.value) : ''
        const inner = path === '' ? name : `${path}.${name}`
        const keyRange = (pair.key as Node | null)?.range
        if (keyRange) keys[inner] = place(keyRange[0])
        walk(pair.value, inner)
        values[inner] ??= keys[inner] ?? { file }
      }
    } else if (isSeq(node)) {
      node.items.forEach((item, index) => walk(item, path === '' ? String(index) : `${path}.${index}`))
    }
  }
  walk(document.contents, '')
  try {
    return { value: document.toJS({ maxAliasCount: 100 }) as unknown, values, keys, problems: [] }
  } catch (thrown) {
    const message = thrown instanceof Error ? firstLine(thrown.message) : String(thrown)
    const problem: Problem = {
      severity: 'error',
      code: 'invalid-yaml',
      fault: 'config',
      retryable: false,
      message: `This YAML cannot be read: ${message}.`,
      at: { file },
      mend: 'Use fewer aliases (*name), and anchors (&name) that exist.',
    }
    return { value: undefined, values: {}, keys: {}, problems: [problem] }
  }
}

function firstLine(message: string): string {
  return message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '')
}

const mends: Record<string, string> = {
  DUPLICATE_KEY: 'Remove one of the two.',
  TAB_AS_INDENT: 'Indent with spaces.',
  MISSING_CHAR: 'Close the quote or bracket.',
  BAD_INDENT: 'Align it with its neighbours.',
  BLOCK_AS_IMPLICIT_KEY: 'Put quotes around a value that holds ": ".',
}
