/** An error as ClickHouse tells it: its number, and `DB::Exception: … (NAME)`. */
export class ClickHouseFailure extends Error {
  override readonly name = 'ClickHouseFailure'
  readonly code: number

  constructor(code: number, name: string, text: string) {
    super(`Code: ${code}. DB::Exception: ${text} (${name})`)
    this.code = code
  }
}

const wrapped = /^Code: (\d+)\. DB::Exception: (Code: \1\. DB::Exception: [\s\S]*) \(version [^)]*\)\. \([A-Z0-9_]+\)$/

/**
 * What the addon threw, as ClickHouse's server would word it: an exception that the engine's client part
 * wrapped into itself comes out once, and the clauses we put into the statement are not shown.
 */
export function engineFailure(thrown: unknown, hidden: readonly string[] = []): ClickHouseFailure {
  if (thrown instanceof ClickHouseFailure) return thrown
  let text = thrown instanceof Error ? thrown.message : String(thrown)
  for (let inner = wrapped.exec(text); inner !== null; inner = wrapped.exec(text)) text = inner[2]!
  for (const clause of hidden) text = text.replaceAll(clause, '')
  text = text
    .replace(/: \(in file\/uri [^)]*\)/g, '')
    .replace(': data for INSERT was parsed from file', ': data for INSERT was parsed from query')
  const known = /^Code: (\d+)\. DB::Exception: ([\s\S]*) \(([A-Z0-9_]+)\)\s*$/.exec(text)
  if (known !== null) return new ClickHouseFailure(Number(known[1]), known[3]!, known[2]!)
  return new ClickHouseFailure(1001, 'STD_EXCEPTION', text)
}
