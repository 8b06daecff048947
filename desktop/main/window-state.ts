import { readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'

const stateSchema = z.object({
  x: z.number().int().optional(),
  y: z.number().int().optional(),
  width: z.number().int().min(900).max(20_000),
  height: z.number().int().min(560).max(20_000),
  maximized: z.boolean(),
})

/** Where the window was, in the screen's points. */
export type WindowState = z.infer<typeof stateSchema>

interface Area {
  x: number
  y: number
  width: number
  height: number
}

const first: WindowState = { width: 1360, height: 860, maximized: false }

/** The state of last time; its place only if a good part of the window would be on a screen that is there. */
export function readWindowState(path: string, screens: Area[]): WindowState {
  const parsed = stateSchema.safeParse(readJson(path))
  if (!parsed.success) return first
  const { x, y, ...rest } = parsed.data
  if (x === undefined || y === undefined) return rest
  const visible = screens.some(
    (screen) =>
      x < screen.x + screen.width - 100 && x + rest.width > screen.x + 100 && y >= screen.y - 10 && y < screen.y + screen.height - 100,
  )
  return visible ? parsed.data : rest
}

export function writeWindowState(path: string, state: WindowState): void {
  writeFileSync(path, JSON.stringify(state))
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}
