export type CodeLanguage = 'sql' | 'yaml' | 'typescript' | 'text'

/** The language of a file of the stack, by its ending. */
export function languageOf(path: string): CodeLanguage {
  if (path.endsWith('.sql')) return 'sql'
  if (path.endsWith('.ts')) return 'typescript'
  return path.endsWith('.yaml') || path.endsWith('.yml') ? 'yaml' : 'text'
}
