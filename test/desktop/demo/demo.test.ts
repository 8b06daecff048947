import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadStack } from '#core/stack/load.ts'
import { type Demo, prepareDemo } from '#desktop/demo/index.ts'
import { createFileSecretStore } from '#desktop/host/secrets.ts'
import { hostPaths } from '#desktop/host/paths.ts'
import { createFolderFiles } from '#desktop/host/stack-files.ts'

const world = { seed: 3, people: 60, now: Date.parse('2026-03-18T14:30:00Z') }

let folder: string
let demos: Demo[]
const prepare = async () => {
  const demo = await prepareDemo({ folder, world })
  demos.push(demo)
  return demo
}

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'millrace-demo-')), 'shop')
  demos = []
})
afterEach(async () => {
  for (const demo of demos) await demo.stop()
  await rm(join(folder, '..'), { recursive: true })
})

describe('preparing the demo', () => {
  it('makes a stack without a problem, with the addresses of the tools that serve', async () => {
    const demo = await prepare()
    const stack = await loadStack(createFolderFiles(folder))
    expect(stack.problems).toEqual([])
    expect(stack.sources.map((source) => source.name)).toEqual(['crm', 'email', 'payments', 'storefront'])
    for (const tool of demo.tools) {
      expect(stack.file.variables[`${tool.name}_url`]).toBe(tool.url)
      expect(await (await fetch(tool.url)).json()).toMatchObject({ simulated: true })
      expect(tool.title).toContain('Simulated')
    }
  })

  it('keeps the secrets where the host looks for them, and out of the files that go to git', async () => {
    const demo = await prepare()
    const store = createFileSecretStore(hostPaths(folder).secrets)
    expect(Object.keys(demo.secrets)).toEqual(['CRM_TOKEN', 'PAYMENTS_KEY', 'ANALYTICS_TOKEN'])
    for (const [name, value] of Object.entries(demo.secrets)) expect(store.get(name)).toBe(value)
    const files = createFolderFiles(folder)
    for (const path of await files.list()) {
      for (const value of Object.values(demo.secrets)) expect(await files.read(path)).not.toContain(value)
    }
  })

  it('keeps what the user changed, the world and the secrets when it starts again', async () => {
    const first = await prepare()
    await first.stop()
    const path = join(folder, 'millrace.yaml')
    await writeFile(path, `# mine\n${(await readFile(path, 'utf8')).replace('name: shop', 'name: my_shop')}`)
    const second = await prepareDemo({ folder, world: { ...world, seed: 99 } })
    demos.push(second)
    expect(second.world.settings).toEqual(world)
    expect(second.secrets).toEqual(first.secrets)
    const text = await readFile(path, 'utf8')
    expect(text).toMatch(/^# mine\nname: my_shop/)
    expect(text).toContain(second.tools[0]!.url)
  })

  it('does not write into a folder that holds something else', async () => {
    const demo = await prepare()
    await demo.stop()
    await rm(join(folder, 'millrace.yaml'))
    await expect(prepareDemo({ folder, world })).rejects.toMatchObject({ code: 'folder-not-empty' })
  })

  it('says where a broken millrace.yaml is broken, and leaves it as it is', async () => {
    const demo = await prepare()
    await demo.stop()
    const path = join(folder, 'millrace.yaml')
    await writeFile(path, 'name: "shop\n')
    await expect(prepareDemo({ folder, world })).rejects.toMatchObject({ code: 'invalid-yaml', at: { file: path } })
    expect(await readFile(path, 'utf8')).toBe('name: "shop\n')
  })
})
