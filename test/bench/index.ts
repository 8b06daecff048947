import { parseArgs } from 'node:util'
import type { Figure, Report } from './figure.ts'

// npm run bench -- NAME [--json] [--minutes N] [--rows N]: one JSON line a figure, or a table. Exits 1 when a goal was missed.
interface Bench {
  run(report: Report, signal: AbortSignal, options: { minutes: number | undefined; rows: number | undefined }): Promise<void>
}

const benches: Record<string, () => Promise<Bench>> = {
  collector: () => import('./collector.ts'),
  etl: () => import('./etl.ts'),
  rows: () => import('./rows.ts'),
  warehouse: () => import('./warehouse.ts'),
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, minutes: { type: 'string' }, rows: { type: 'string' } },
})
const load = benches[positionals[0] ?? '']
const minutes = values.minutes === undefined ? undefined : Number(values.minutes)
const rows = values.rows === undefined ? undefined : Number(values.rows)
if (
  load === undefined ||
  (rows !== undefined && !(Number.isInteger(rows) && rows > 0 && rows % 1000 === 0)) ||
  (minutes !== undefined && !(minutes > 0))
) {
  console.error(`usage: npm run bench -- (${Object.keys(benches).join(' | ')}) [--json] [--minutes N] [--rows N (thousands)]`)
  process.exit(2)
}

const abort = new AbortController()
process.once('SIGINT', () => abort.abort(new Error('interrupted')))

const figures: Figure[] = []
const { run } = await load()
await run(
  (figure) => {
    figures.push(figure)
    console.log(values.json ? JSON.stringify(figure) : line(figure))
  },
  abort.signal,
  { minutes, rows },
)
process.exit(figures.some(({ pass }) => pass === false) ? 1 : 0)

function line({ name, value, unit, against, ratio, goal, pass }: Figure): string {
  const number = new Intl.NumberFormat('en', { maximumFractionDigits: value < 100 ? 2 : 0 }).format(value)
  const verdict = pass === undefined ? '' : pass ? 'pass' : 'MISSED'
  return [
    name.padEnd(44),
    `${number} ${unit}`.padEnd(26),
    ratio === undefined ? ''.padEnd(8) : ratio.toFixed(3).padEnd(8),
    (goal ?? '').padEnd(10),
    verdict.padEnd(7),
    against ?? '',
  ]
    .join(' ')
    .trimEnd()
}
