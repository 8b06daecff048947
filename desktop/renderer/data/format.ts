const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 })
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const date = new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short', year: 'numeric' })

/** 1,234 below ten thousand, 12.3K above: what fits a card. */
export function formatNumber(value: number): string {
  return Math.abs(value) < 10_000 ? whole.format(value) : compact.format(value)
}

/** Three digits at most: 412, 1.28K, 184K. */
export function formatShort(value: number): string {
  return compact.format(value)
}

/** All digits, grouped. */
export function formatExact(value: number): string {
  return whole.format(value)
}

/** Milliseconds as a person says them: 420 ms, 4.2 s, 3 min, 2 h, 4 d. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  const seconds = milliseconds / 1000
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 60) return `${Math.round(seconds)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return minutes < 10 && seconds % 60 >= 1 ? `${minutes} min ${Math.floor(seconds % 60)} s` : `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`
}

/** How long before `now`: just now, 12 s ago, 3 min ago, 2 h ago, then the date. */
export function formatAgo(at: number, now: number): string {
  const ago = now - at
  if (ago < 3000) return 'just now'
  if (ago < 60_000) return `${Math.floor(ago / 1000)} s ago`
  if (ago < 3_600_000) return `${Math.floor(ago / 60_000)} min ago`
  if (ago < 48 * 3_600_000) return `${Math.floor(ago / 3_600_000)} h ago`
  return date.format(at)
}

/** 09:30:04.123, in local time. */
export function formatClock(at: number, milliseconds = false): string {
  return milliseconds ? `${clock.format(at)}.${String(at % 1000).padStart(3, '0')}` : clock.format(at)
}

/** 24 Nov 2026, in local time. */
export function formatDay(at: number): string {
  return date.format(at)
}

/** 24 Nov 2026, 09:30:04 in local time. */
export function formatMoment(at: number): string {
  return `${date.format(at)}, ${clock.format(at)}`
}

/** Bytes in powers of 1024, as ClickHouse's formatReadableSize prints them. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`
}

/** `1 row`, `2 rows`; `2 tries` with the plural said. */
export function plural(count: number, noun: string, many = `${noun}s`): string {
  return `${formatExact(count)} ${count === 1 ? noun : many}`
}

/** rows_read → rows read; of one: row read. */
export function humanize(name: string, count?: number): string {
  const words = name.replaceAll('_', ' ')
  return count === 1
    ? words.replace(/^(row|model|trait|sync|source|stream|event|record|table|test)s\b/, '$1').replace(/^batches\b/, 'batch')
    : words
}
