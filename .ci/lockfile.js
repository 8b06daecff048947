// npm ci wants every optional platform build in the lockfile, but npm install leaves out those that the registry at
// hand does not carry, and then the project installs on no machine. This names them, exactly as their parents pin
// them; npm fetches only the one that fits the platform.
//
//   node .ci/lockfile.js          completes package-lock.json (after every change of a dependency)
//   node .ci/lockfile.js --check  exits 1 when something is missing
import { readFileSync, writeFileSync } from 'node:fs'

const path = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(path, 'utf8'))
const { packages } = lock
const missing = []

for (const [place, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (isThere(place, name) || !/^\d/.test(version)) continue
    missing.push(name)
    packages[`node_modules/${name}`] = { version, ...(dev ? { dev } : {}), optional: true, ...platform(name) }
  }
}

if (process.argv.includes('--check')) {
  for (const name of missing) console.error(`package-lock.json lacks ${name}; run node .ci/lockfile.js`)
  process.exitCode = missing.length === 0 ? 0 : 1
} else {
  lock.packages = Object.fromEntries(Object.entries(packages).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  writeFileSync(path, `${JSON.stringify(lock, undefined, 2)}\n`)
  console.log(`${missing.length} platform builds added`)
}

/** As Node resolves it: beside the package, or in any folder above. */
function isThere(place, name) {
  for (let folder = place; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules') - 1))) {
    if (`${folder}${folder === '' ? '' : '/'}node_modules/${name}` in packages) return true
    if (folder === '') return false
  }
}

/** What npm compares with the machine (docs: package.json, `os`, `cpu`, `libc`), read from the build's name. */
function platform(name) {
  const os = /android|darwin|freebsd|netbsd|openbsd|linux|openharmony|sunos|aix|win32|windows/.exec(name)?.[0]
  const cpu = /arm64|arm(?=-|$)|armv7|x64|ia32|ppc64|riscv64|s390x|loong64|wasm32|64$/.exec(name)?.[0]
  const libc =
    os === 'linux' ? (name.endsWith('-musl') || name.includes('musl') ? 'musl' : /gnu/.test(name) ? 'glibc' : undefined) : undefined
  return {
    ...(os ? { os: [os === 'windows' ? 'win32' : os] } : {}),
    ...(cpu ? { cpu: [cpu === '64' ? 'x64' : cpu === 'armv7' ? 'arm' : cpu] } : {}),
    ...(libc ? { libc: [libc] } : {}),
  }
}
