import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Engine } from './engine.ts'

/*
 * ClickHouse notes the token of an insert in the table's deduplication log before it puts the part in its place
 * (MergeTreeSink.cpp, commitPart). Killed in between, it takes the same insert, sent again, for done, and the rows
 * are nowhere. So after every start the tokens whose part is not there are forgotten.
 */

interface MergeTree {
  database: string
  name: string
  data_paths: string[]
}

/** Forgets tokens of inserts that never came to be. Call it before anybody inserts. Returns the tables it mended. */
export async function mendDeduplicationLogs(engine: Engine): Promise<string[]> {
  const tables = await engine.admin<MergeTree>(
    "SELECT database, name, data_paths FROM system.tables WHERE engine LIKE '%MergeTree' AND notEmpty(data_paths) AND database NOT IN ('system')",
  )
  const mended: string[] = []
  for (const { database, name, data_paths: paths } of tables) {
    const table = [database, name].map((part) => '`' + part.replaceAll('\\', '\\\\').replaceAll('`', '\\`') + '`').join('.')
    if (!paths.some((path) => mendedLogs(path).length > 0)) continue
    // The engine reads the log when it attaches the table.
    await engine.admin(`DETACH TABLE ${table}`)
    try {
      for (const log of paths.flatMap((path) => mendedLogs(path))) {
        writeFileSync(`${log.file}.new`, log.text)
        renameSync(`${log.file}.new`, log.file)
      }
    } finally {
      await engine.admin(`ATTACH TABLE ${table}`)
    }
    mended.push(table)
  }
  return mended
}

/** The logs of a table's folder that name parts which are not there, as they should be. */
function mendedLogs(path: string): { file: string; text: string }[] {
  const folder = join(path, 'deduplication_logs')
  if (!existsSync(folder)) return []
  const parts = readdirSync(path).flatMap((name) => parsePart(name) ?? [])
  return readdirSync(folder)
    .filter((name) => /^deduplication_log_\d+\.txt$/.test(name))
    .flatMap((name) => {
      const file = join(folder, name)
      const text = readFileSync(file, 'utf8')
      const kept = text
        .split('\n')
        .filter((line) => isThere(line, parts))
        .join('\n')
      return kept === text ? [] : [{ file, text: kept }]
    })
}

interface Part {
  partition: string
  first: number
  last: number
}

/** `<partition>_<first block>_<last block>_<level>[_<mutation>]` (docs: MergeTree, "Data storage"). */
function parsePart(name: string): Part | undefined {
  const [, partition, first, last] = /^([^_]+)_(\d+)_(\d+)_\d+(?:_\d+)?$/.exec(name) ?? []
  return partition === undefined ? undefined : { partition, first: Number(first), last: Number(last) }
}

/** A line is `1 TAB part TAB token` (added) or `2 …` (dropped). A part is there when it is, or one that it was merged into. */
function isThere(line: string, parts: readonly Part[]): boolean {
  const [operation, name = ''] = line.split('\t')
  const part = parsePart(name)
  if (operation !== '1' || part === undefined) return true
  return parts.some(({ partition, first, last }) => partition === part.partition && first <= part.first && part.last <= last)
}
