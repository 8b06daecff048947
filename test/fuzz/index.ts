import { parseArgs } from 'node:util'
import { fuzz } from './run.ts'

// npm run fuzz [-- --requests N --seed N]: ends with one JSON line of counts; exits 1 when something did not hold.
const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '200000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const requests = Number(values.requests)
const seed = Number(values.seed)
if (!Number.isInteger(requests) || requests < 1 || !Number.isInteger(seed)) {
  console.error('usage: npm run fuzz [-- --requests N --seed N]')
  process.exit(2)
}
const counts = await fuzz({ requests, seed, browsers: true, connections: 64, progress: (sentence) => console.log(sentence) })
for (const broken of counts.broken) console.log(`BROKEN ${broken}`)
console.log(JSON.stringify({ seed, ...counts, broken: counts.broken.length }))
process.exit(counts.broken.length > 0 ? 1 : 0)
