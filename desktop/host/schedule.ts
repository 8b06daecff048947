import { Cron } from 'croner'
import { MillraceError } from '#core/lib/error.ts'

/** When a schedule is due: milliseconds since the epoch, after `last`; nothing when never again. */
export type Schedule = (last: number) => number | undefined

const units = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const

/**
 * `every 15 minutes` (counted from the last start), or a cron pattern of five fields in the
 * machine's time zone. Throws `invalid-schedule`.
 */
export function parseSchedule(text: string): Schedule {
  const every = /^every (?:(\d+) )?(second|minute|hour|day)s?$/i.exec(text.trim())
  if (every !== null) {
    const interval = Number(every[1] ?? 1) * units[every[2]!.toLowerCase() as keyof typeof units]
    if (interval > 0) return (last) => last + interval
  }
  try {
    const cron = new Cron(text, { mode: '5-part', paused: true })
    return (last) => cron.nextRun(new Date(last))?.getTime()
  } catch (cause) {
    throw new MillraceError({
      code: 'invalid-schedule',
      fault: 'config',
      message: `"${text}" is not a schedule.`,
      mend: 'Write a cron pattern of five fields ("0 6 * * *"), or "every 15 minutes".',
      cause,
    })
  }
}
