import { spawn } from 'node:child_process'

// Everything CI asks besides the tests, two at a time; prints what failed and exits 1.
const checks: [name: string, command: string][] = [
  ['types of core', 'tsc -p core'],
  ['types of edge', 'tsc -p edge'],
  ['types of self-hosting', 'tsc -p edge/serve'],
  ['types of desktop', 'tsc -p desktop'],
  ['types of the renderer', 'tsc -p desktop/renderer'],
  ['types of the tests', 'tsc -p test'],
  ['lint', 'oxlint --deny-warnings'],
  ['format', 'oxfmt --check .'],
  ['layering', 'depcruise --config .dependency-cruiser.js core edge desktop test'],
  ['unused code', 'knip'],
  ['the Worker for Cloudflare', 'WRANGLER_SEND_METRICS=false wrangler deploy --dry-run'],
  ['lockfile', 'node .ci/lockfile.js --check'],
]

let failed = 0
const queue = [...checks]
await Promise.all(
  [1, 2].map(async () => {
    for (let check = queue.shift(); check; check = queue.shift()) {
      const [name, command] = check
      const started = Date.now()
      const { code, output } = await run(command)
      console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
      if (code !== 0) {
        failed++
        console.log(output)
      }
    }
  }),
)
console.log(`${checks.length - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

function run(command: string): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, { shell: true, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    child.on('exit', (code) => resolve({ code, output }))
  })
}
