import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import picomatch from 'picomatch'
import { MillraceError } from '#core/lib/error.ts'
import { matcher } from './matcher.ts'
import { fileChanged, fileGone, type FilePart, type FileStore, noAccess, type StoredFile } from './stored-file.ts'

/** The files of a folder. */
export function diskStore(folder: string): FileStore {
  const root = resolve(folder)
  return {
    async list(patterns, signal) {
      const found = new Map<string, StoredFile>()
      for (const pattern of patterns) {
        const { base, isGlob } = picomatch.scan(pattern)
        const names = isGlob ? await namesBelow(root, base, matcher(pattern), signal) : [pattern]
        for (const name of names) found.set(name, await describe(root, name))
      }
      return [...found.values()]
    },
    open: (file, start, end) => openPart(root, file, start, end),
  }
}

/** Symbolic links to files are followed, those to folders are not: they may lead around in a circle. */
async function namesBelow(root: string, base: string, matches: (name: string) => boolean, signal: AbortSignal): Promise<string[]> {
  const names: string[] = []
  const pending = [join(root, base)]
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    signal.throwIfAborted()
    for (const entry of await readdir(folder, { withFileTypes: true }).catch((thrown: unknown) => refuse(thrown, folder!))) {
      const path = join(folder, entry.name)
      const name = relative(root, path).split(sep).join('/')
      if (entry.isDirectory()) pending.push(path)
      else if (matches(name) && (entry.isFile() || (entry.isSymbolicLink() && (await stat(path)).isFile()))) names.push(name)
    }
  }
  return names
}

async function describe(root: string, name: string): Promise<StoredFile> {
  try {
    const found = await stat(join(root, name), { bigint: true })
    if (!found.isFile()) throw noFile(name)
    return fileOf(name, found)
  } catch (thrown) {
    return refuse(thrown, name)
  }
}

/** The time in nanoseconds, so that two changes within a millisecond are two versions. */
function fileOf(name: string, { size, mtimeMs, mtimeNs }: { size: bigint; mtimeMs: bigint; mtimeNs: bigint }): StoredFile {
  return { name, size: Number(size), modifiedAt: Number(mtimeMs), version: `${size}-${mtimeNs}` }
}

async function openPart(root: string, file: StoredFile, start: number, end: number | undefined): Promise<FilePart> {
  const handle = await open(join(root, file.name)).catch((thrown: unknown) => refuse(thrown, file.name))
  try {
    await checkVersion(handle, file)
  } catch (thrown) {
    await handle.close()
    throw thrown
  }
  return { start, size: file.size, bytes: readPart(handle, file, start, end) }
}

async function* readPart(handle: FileHandle, file: StoredFile, start: number, end = file.size!): AsyncGenerator<Uint8Array> {
  try {
    if (end > start) yield* handle.createReadStream({ start, end: end - 1, autoClose: false, highWaterMark: 256 * 1024 })
    await checkVersion(handle, file)
  } finally {
    await handle.close()
  }
}

async function checkVersion(handle: FileHandle, file: StoredFile): Promise<void> {
  if (fileOf(file.name, await handle.stat({ bigint: true })).version !== file.version) throw fileChanged(file.name)
}

function refuse(thrown: unknown, name: string): never {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
  if (code === 'ENOENT' || code === 'ENOTDIR') throw fileGone(name, thrown)
  if (code === 'EACCES' || code === 'EPERM') throw noAccess(name, thrown)
  throw thrown
}

function noFile(name: string): MillraceError {
  return new MillraceError({ code: 'not-a-file', fault: 'config', message: `${name} is no file.`, mend: `Name its files: ${name}/*.csv.` })
}
