import type { Interpolation } from '../interpolation.ts'
import type { CursorComponent } from '../manifest/cursor-component.ts'
import { CountCursor } from './count-cursor.ts'
import type { Cursor } from './cursor.ts'
import { TimeCursor } from './time-cursor.ts'

/** The cursor of a component, at the time `now` (milliseconds). */
export function createCursor(component: CursorComponent, interpolation: Interpolation, now: number): Cursor {
  return component.type === 'DatetimeBasedCursor'
    ? new TimeCursor(component, interpolation, now)
    : new CountCursor(component, interpolation)
}
