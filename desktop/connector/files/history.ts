import { z } from 'zod'
import { MillraceError } from '#core/lib/error.ts'
import type { Json } from '#core/lib/json.ts'
import type { Log } from '#core/lib/runtime.ts'
import type { StoredFile } from './stored-file.ts'

/** Files that are remembered one by one. */
const maxFiles = 10_000

const stateSchema = z.strictObject({
  /** Name of a file that was read → its version, and when it was modified. */
  read: z.record(z.string(), z.tuple([z.string(), z.number().nullable()])),
  /** Files modified up to then, in milliseconds, that are not in `read` count as read: they were forgotten. */
  forgotten: z.number().optional(),
})

/**
 * Which files an incremental stream has read, in which version: so a file that appears late or within
 * the same millisecond is not missed, and one that was changed is read anew. Bounded: beyond 10,000 files
 * those that are gone are forgotten first, then those that were modified longest ago.
 */
export class FileHistory {
  private readonly read: Map<string, [string, number | null]>
  private forgotten: number | undefined

  constructor(state: Json | undefined) {
    const parsed = stateSchema.safeParse(state ?? { read: {} })
    if (!parsed.success) throw invalidState()
    this.read = new Map(Object.entries(parsed.data.read))
    this.forgotten = parsed.data.forgotten
  }

  /** The files that are to be read, those modified first first, so that the later of two rows with one key is the newer. */
  due(files: readonly StoredFile[]): StoredFile[] {
    return files.filter((file) => this.isDue(file)).toSorted(byTime)
  }

  add({ name, version, modifiedAt }: StoredFile): void {
    // Of a file without a version nothing says that it is the same next time.
    if (version !== undefined) this.read.set(name, [version, modifiedAt ?? null])
  }

  /** Makes room. `listed` is what there is now. */
  trim(listed: readonly StoredFile[], log: Log): void {
    if (this.read.size <= maxFiles) return
    const names = new Set(listed.map(({ name }) => name))
    for (const name of this.read.keys()) if (!names.has(name)) this.read.delete(name)
    const surplus = this.read.size - maxFiles
    if (surplus <= 0) return
    const oldest = [...this.read].toSorted(([, [, a]], [, [, b]]) => (a ?? Infinity) - (b ?? Infinity)).slice(0, surplus)
    for (const [name, [, modifiedAt]] of oldest) {
      this.read.delete(name)
      if (modifiedAt !== null) this.forgotten = Math.max(this.forgotten ?? 0, modifiedAt)
    }
    log('warn', `There are more than ${maxFiles} files: those modified longest ago are remembered by their time alone`, {
      until: this.forgotten,
    })
  }

  toState(): Json {
    return { read: Object.fromEntries(this.read), ...(this.forgotten === undefined ? {} : { forgotten: this.forgotten }) }
  }

  private isDue({ name, version, modifiedAt }: StoredFile): boolean {
    const known = this.read.get(name)
    if (known !== undefined) return known[0] !== version
    return this.forgotten === undefined || modifiedAt === undefined || modifiedAt > this.forgotten
  }
}

export function byName(a: StoredFile, b: StoredFile): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

export function byTime(a: StoredFile, b: StoredFile): number {
  return (a.modifiedAt ?? 0) - (b.modifiedAt ?? 0) || byName(a, b)
}

export function invalidState(): MillraceError {
  return new MillraceError({
    code: 'invalid-state',
    fault: 'config',
    message: 'The state of the stream is none of this source.',
    mend: 'Reset the state of the stream, which reads all its files again.',
  })
}
