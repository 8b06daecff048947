import { parseArgs } from 'node:util'
import type { Case } from './case.ts'

// npm run chaos -- NAME [--rounds N] [--outage-minutes M] [--json]: ends with one JSON line of counts; exits 1 when a promise broke.
const cases: Record<string, () => Promise<Case>> = {
  collector: () => import('./collector.ts'),
  etl: () => import('./etl.ts'),
  loop: () => import('./loop.ts'),
  warehouse: () => import('./warehouse.ts'),
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string' }, 'outage-minutes': { type: 'string' } },
})
const load = cases[positionals[0] ?? '']
const rounds = values.rounds === undefined ? undefined : Number(values.rounds)
const outageMinutes = values['outage-minutes'] === undefined ? undefined : Number(values['outage-minutes'])
const wrongRounds = rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)
const wrongOutage = outageMinutes !== undefined && !(outageMinutes >= 0)
if (load === undefined || wrongRounds || wrongOutage) {
  console.error(`usage: npm run chaos -- (${Object.keys(cases).join(' | ')}) [--rounds N] [--outage-minutes M] [--json]`)
  process.exit(2)
}

const abort = new AbortController()
process.once('SIGINT', () => abort.abort(new Error('interrupted')))

const { run } = await load()
const counts = await run({
  rounds,
  outageMinutes,
  signal: abort.signal,
  progress: (sentence) => console.log(values.json ? JSON.stringify({ progress: sentence }) : sentence),
})
if (!values.json) for (const broken of counts.broken) console.log(`BROKEN ${broken}`)
console.log(JSON.stringify({ case: positionals[0], ...counts }))
process.exit(counts.broken.length > 0 || counts.lost > 0 || counts.doubled > 0 ? 1 : 0)
