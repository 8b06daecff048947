import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { defaultWorld, type WorldSettings } from './world/world.ts'

/** What the demo remembers of a folder between starts: its world, and whether its history was sent. */
export interface DemoMemory {
  world: WorldSettings
  historySent: boolean
  secrets: Record<string, string>
  save(): void
}

const schema = z.object({
  world: z.object({ seed: z.number(), people: z.number(), now: z.number() }),
  historySent: z.boolean(),
  secrets: z.record(z.string(), z.string()),
})

/** The folder's memory, or a new one with a world of today and secrets of its own. */
export function rememberDemo(file: string, fresh: { world: Partial<WorldSettings>; now: number; secrets: string[] }): DemoMemory {
  const known = existsSync(file) ? schema.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined
  const memory: DemoMemory = {
    world: known?.world ?? { ...defaultWorld, now: fresh.now, ...fresh.world },
    historySent: known?.historySent ?? false,
    secrets: { ...Object.fromEntries(fresh.secrets.map((name) => [name, crypto.randomUUID()])), ...known?.secrets },
    save() {
      const { world, historySent, secrets } = memory
      writeFileSync(`${file}.new`, JSON.stringify({ world, historySent, secrets }, null, 2), { mode: 0o600 })
      renameSync(`${file}.new`, file)
    },
  }
  memory.save()
  return memory
}
