import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createFolderFiles } from '#desktop/host/stack-files.ts'
import { watchStack } from '#desktop/host/stack-watch.ts'
import { tempFolder } from '#test/fixture/temp-folder.ts'

function folder(): string {
  const path = tempFolder()
  mkdirSync(join(path, 'models/nested'), { recursive: true })
  mkdirSync(join(path, '.millrace'))
  mkdirSync(join(path, '.git'))
  writeFileSync(join(path, 'millrace.yaml'), 'name: a')
  writeFileSync(join(path, 'models/a.sql'), 'SELECT 1')
  writeFileSync(join(path, 'models/nested/b.sql'), 'SELECT 2')
  writeFileSync(join(path, '.millrace/secrets.json'), '{"A":"secret"}')
  writeFileSync(join(path, '.git/config'), '')
  return path
}

describe('the files of a stack in a folder', () => {
  it("are listed with /, in order, without what is not the user's", async () => {
    expect(await createFolderFiles(folder()).list()).toEqual(['millrace.yaml', 'models/a.sql', 'models/nested/b.sql'])
  })

  it('are read by their path', async () => {
    expect(await createFolderFiles(folder()).read('models/nested/b.sql')).toBe('SELECT 2')
  })

  it.each([
    '../outside.txt',
    'models/../../outside.txt',
    '/etc/hostname',
    '.millrace/secrets.json',
    'models/../.millrace/secrets.json',
    '.git/config',
    'link.txt',
    'linked/secrets.json',
    'models',
    '',
    '.',
    'nothing.yaml',
    'millrace.yaml\u0000.sql',
  ])('refuse to be read as %j', async (path) => {
    const root = folder()
    const outside = join(root, '..', 'outside.txt')
    writeFileSync(outside, 'private')
    onTestFinished(() => rmSync(outside, { force: true }))
    symlinkSync(outside, join(root, 'link.txt'))
    symlinkSync(join(root, '.millrace'), join(root, 'linked'))
    await expect(createFolderFiles(root).read(path)).rejects.toMatchObject({ code: 'unknown-file', fault: 'config' })
  })
})

async function watch(root: string) {
  const seen = { changes: 0 }
  const watching = await watchStack(
    root,
    20,
    () => seen.changes++,
    (thrown) => {
      throw thrown
    },
  )
  onTestFinished(() => watching.close())
  return seen
}

describe('the watch over a stack', () => {
  it('tells of changed, new and removed files, in new folders too', async () => {
    const root = folder()
    const seen = await watch(root)
    const steps = [
      () => writeFileSync(join(root, 'models/a.sql'), 'SELECT 3'),
      () => mkdirSync(join(root, 'traits')),
      () => writeFileSync(join(root, 'traits/t.yaml'), 'type: count'),
      () => rmSync(join(root, 'models/nested/b.sql')),
    ]
    for (const step of steps) {
      const before = seen.changes
      // A watcher on a folder just made starts a moment after it: the change is repeated until it is heard.
      await expect
        .poll(
          () => {
            if (seen.changes === before) step()
            return seen.changes
          },
          { interval: 300, timeout: 10_000 },
        )
        .toBeGreaterThan(before)
        .catch(() => expect.fail(step.toString()))
    }
  })

  it('does not hear the state, the warehouse or git', async () => {
    const root = folder()
    const seen = await watch(root)
    writeFileSync(join(root, '.millrace/state.db'), 'x')
    writeFileSync(join(root, '.git/index'), 'x')
    writeFileSync(join(root, 'models/a.sql'), 'SELECT 4')
    await expect.poll(() => seen.changes).toBe(1)
  })
})
