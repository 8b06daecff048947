import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { millrace, startMillrace } from '#test/fixture/command.ts'
import { tempFolder } from '#test/fixture/temp-folder.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'

function write(folder: string, files: Record<string, string>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

// Each case starts the command several times, on a machine that may have other things to do.
vi.setConfig({ testTimeout: 240_000 })

const traces = /\n\s+at |node:internal/

describe('millrace: usage', () => {
  it.each([
    [['frobnicate']],
    [['source']],
    [['source', 'chek', 'crm']],
    [['source', 'read', 'crm']],
    [['source', 'read', 'crm', 'leads', '--limit', 'many']],
    [['query', '--format']],
    [['validate', '--nonsense']],
    [['serve', '--port', '70000']],
    [['init', 'x', '--template', 'bakery']],
    [['run', 'too', 'many']],
    [[]],
  ])('answers %j with 2 and how it is done', async (args) => {
    const { code, stdout, stderr } = await millrace(args, { cwd: tempFolder() })
    expect(code).toBe(2)
    expect(stderr + stdout).toMatch(/error:|Usage:/)
    expect(stderr).not.toMatch(traces)
  })

  it('helps who asks, with 0', async () => {
    const folder = tempFolder()
    const { code, stdout } = await millrace(['--help'], { cwd: folder })
    expect(code).toBe(0)
    for (const verb of [
      'up',
      'init',
      'warehouse',
      'edge',
      'studio',
      'serve',
      'validate',
      'source',
      'model',
      'trait',
      'sync',
      'run',
      'publish',
      'tail',
      'user',
      'query',
      'doctor',
    ]) {
      expect(stdout).toMatch(new RegExp(`^ {2}${verb}\\b`, 'm'))
    }
    expect((await millrace(['sync', 'plan', '--help'], { cwd: folder })).code).toBe(0)
    expect((await millrace(['--version'], { cwd: folder })).stdout.trim()).toMatch(/^\d+\.\d+\.\d+$/)
  })

  it('says where there is no stack, and what to do, with 1', async () => {
    const { code, stderr } = await millrace(['run'], { cwd: tempFolder() })
    expect(code).toBe(1)
    expect(stderr).toMatch(/no millrace\.yaml.*millrace init/)
    const json = await millrace(['run', '--json', '--stack', 'nowhere'], { cwd: tempFolder() })
    expect(json.code).toBe(1)
    expect(json.lines).toEqual([{ type: 'error', error: expect.objectContaining({ code: 'no-stack', fault: 'config' }) }])
  })
})

describe('millrace init and validate', () => {
  it('makes a stack that is valid, with a write key of its own, and never over another', async () => {
    const folder = tempFolder()
    const made = await millrace(['init', 'one'], { cwd: folder })
    expect(made).toMatchObject({ code: 0, stderr: '' })
    expect((await millrace(['init', 'two', '--json'], { cwd: folder })).lines).toMatchObject([
      { type: 'result', folder: join(folder, 'two') },
    ])
    expect(readFileSync(join(folder, 'one/.gitignore'), 'utf8')).toContain('.millrace')
    const key = (name: string) => /write_key: (.*)/.exec(readFileSync(join(folder, name, 'sources/website.yaml'), 'utf8'))![1]!
    expect(key('one')).toMatch(/^[\w-]{20,}$/)
    expect(key('one')).not.toBe(key('two'))
    expect(await millrace(['validate', '--stack', 'one'], { cwd: folder })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('nothing wrong'),
    })
    // From a folder within the stack, too.
    expect((await millrace(['validate'], { cwd: join(folder, 'one/models') })).code).toBe(0)

    const again = await millrace(['init', 'one'], { cwd: folder })
    expect(again.code).toBe(1)
    expect(again.stderr).toContain('not empty')
  })

  it('names file, line and mend of all that is wrong', async () => {
    const folder = write(tempFolder(), {
      'millrace.yaml': 'name: broken\n',
      'models/orders.sql': 'SELECT 1 AS id\n',
      'models/late.sql': "SELECT *\nFROM ref('order')\n",
      'models/a.sql': "SELECT * FROM ref('b')\n",
      'models/b.sql': "SELECT * FROM ref('a')\n",
      'sources/crm.yaml': 'kind: etl\nconnector: declarativ\n',
      'sources/web.yaml': 'kind: sdk\nwrite_key: short\n',
      'syncs/bad.yaml': 'from: [unclosed\n',
    })
    const { code, stdout } = await millrace(['validate'], { cwd: folder })
    expect(code).toBe(1)
    expect(stdout).toMatch(/models\/late\.sql:2:\d+.*order/)
    expect(stdout).toMatch(/models\/[ab]\.sql.*/)
    expect(stdout).toMatch(/sources\/crm\.yaml:2.*declarativ/)
    expect(stdout).toMatch(/sources\/web\.yaml:2/)
    expect(stdout).toMatch(/syncs\/bad\.yaml:\d/)
    const json = await millrace(['validate', '--json'], { cwd: folder })
    expect(json.lines[0]!['problems']).toContainEqual(
      expect.objectContaining({ at: expect.objectContaining({ file: 'models/late.sql', line: 2 }), severity: 'error' }),
    )

    const run = await millrace(['run'], { cwd: folder })
    expect(run.code).toBe(1)
    expect(run.stderr).toMatch(/models\/late\.sql:2/)
    expect(run.stderr).not.toMatch(traces)
  })
})

describe('millrace with a warehouse', () => {
  let warehouse: TestWarehouse
  let folder: string
  let env: Record<string, string>

  beforeAll(async () => {
    warehouse = await startTestWarehouse()
    folder = mkdtempSync(join(tmpdir(), 'millrace-cli-'))
    env = { MILLRACE_SECRET_WAREHOUSE: warehouse.password }
    write(folder, {
      'millrace.yaml': `name: test\nwarehouse: { url: '${warehouse.url}', user: '${warehouse.user}', password: '\${secret:WAREHOUSE}' }\n`,
      'models/people.sql':
        "/*\nmaterialized: table\ntests:\n  - unique: id\n*/\nSELECT number AS id, concat('p', toString(number)) AS name FROM numbers(10)\n",
      'models/doubled.sql': "/*\ntests:\n  - unique: half\n*/\nSELECT intDiv(id, 2) AS half FROM ref('people')\n",
      'traits/age.yaml': 'type: sum\nfrom: ref(people)\nid: name\nvalue: id\n',
    })
  })
  afterAll(async () => {
    await warehouse.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const verb = (...args: string[]) => millrace(args, { cwd: folder, env })

  it('builds models: 0 when all held, 3 when a test did not, 1 when nothing came through', async () => {
    const good = await verb('model', 'build', 'people', '--json')
    expect(good.code).toBe(0)
    const result = good.lines.at(-1)!
    expect(result).toMatchObject({
      type: 'result',
      run: { status: 'succeeded', trigger: 'command' },
      steps: [{ name: 'model people', counts: { rows: 10 } }],
    })
    expect(good.lines.slice(0, -1).every((line) => line['type'] === 'progress')).toBe(true)

    const partly = await verb('model', 'build')
    expect(partly.code).toBe(3)
    expect(partly.stdout).toMatch(/unique\(half\)/)
    expect((await verb('model', 'test', 'doubled')).code).toBe(3)
    expect((await verb('model', 'build', 'peple')).stderr).toMatch(/no model "peple".*people/)
  })

  it('previews and builds a trait', async () => {
    expect((await verb('model', 'build', 'people')).code).toBe(0)
    const preview = await verb('trait', 'preview', 'age', '--limit', '3')
    expect(preview).toMatchObject({ code: 0 })
    expect(preview.stdout).toMatch(/10 have a value/)
    expect((await verb('trait', 'build')).code).toBe(0)
    expect((await verb('query', "SELECT count() FROM profiles.traits WHERE trait = 'age'")).stdout.trim().split('\n').at(-1)).toBe('10')
  })

  it('streams a query in any format, from an argument or stdin', async () => {
    expect((await verb('query', 'SELECT 1 AS a, 2 AS b')).stdout).toBe('a\tb\n1\t2\n')
    expect((await verb('query', 'SELECT 1 AS a', '--format', 'CSV')).stdout).toBe('1\n')
    expect((await verb('query', 'SELECT 1 AS a FORMAT JSONEachRow')).stdout).toBe('{"a":1}\n')
    expect((await verb('query', '--json', 'SELECT number AS n FROM numbers(2)')).lines).toEqual([{ n: '0' }, { n: '1' }])
    expect((await millrace(['query', '-'], { cwd: folder, env, input: 'SELECT 42\n' })).stdout).toContain('42')
    const large = await verb('query', 'SELECT number, randomPrintableASCII(100) FROM numbers(200000) FORMAT TSV')
    expect(large.code).toBe(0)
    expect(large.stdout.length).toBeGreaterThan(20_000_000)
  })

  it('passes on what ClickHouse says, with 1', async () => {
    const wrong = await verb('query', 'SELECT nope')
    expect(wrong).toMatchObject({ code: 1, stdout: '' })
    expect(wrong.stderr).toMatch(/nope/)
    expect(wrong.stderr).not.toMatch(traces)
    const late = await verb('query', 'SELECT throwIf(number = 3000000) FROM numbers(4000000) FORMAT TSV')
    expect(late.code).toBe(1)
    expect(late.stderr).toMatch(/FUNCTION_THROW_IF|throwIf/i)
    expect((await verb('query', ' ')).code).toBe(1)
  })

  it('answers a query although a file is broken, and refuses to build', async () => {
    write(folder, { 'models/broken.sql': "SELECT * FROM ref('nobody')\n" })
    onTestFinished(() => rmSync(join(folder, 'models/broken.sql')))
    expect((await verb('query', 'SELECT 1')).code).toBe(0)
    const build = await verb('model', 'build', 'people')
    expect(build.code).toBe(1)
    expect(build.stderr).toMatch(/models\/broken\.sql:1/)
  })

  it('says that the password is wrong, and not which', async () => {
    const { code, stderr } = await millrace(['query', 'SELECT 1'], { cwd: folder, env: { MILLRACE_SECRET_WAREHOUSE: 'not-the-password' } })
    expect(code).toBe(1)
    expect(stderr).toMatch(/refused the user or its password.*millrace\.yaml/)
    expect(stderr).not.toContain('not-the-password')
    const missing = await millrace(['query', 'SELECT 1'], { cwd: folder })
    expect(missing.code).toBe(1)
    expect(missing.stderr).toMatch(/WAREHOUSE/)
  })

  it('serves: verbs go to the one that serves, which lets nobody in without its token, and ends on SIGTERM', async () => {
    const serving = startMillrace(['serve', '--json', '--port', '0', '--no-edge'], { cwd: folder, env })
    onTestFinished(async () => {
      serving.process.kill('SIGKILL')
      await serving.ended
    })
    const { host, studio } = await serving.result()
    expect(
      (await fetch(`${host}/api/call/run.list`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })).status,
    ).toBe(401)
    const page = await fetch(studio, { redirect: 'manual' })
    expect(page.status).toBe(303)
    const home = await fetch(host, { headers: { cookie: page.headers.get('set-cookie')!.split(';')[0]! } })
    expect(await home.text()).toContain('<script type="module"')

    const other = await verb('model', 'build', '--env', 'production')
    expect(other.code).toBe(1)
    expect(other.stderr).toMatch(/no environment, not "production"/)
    // A verb with no secret of its own: the host that serves has it.
    const built = await millrace(['model', 'build', 'people', '--json'], { cwd: folder })
    expect(built.code).toBe(0)
    const again = startMillrace(['serve', '--json', '--port', '0'], { cwd: folder, env })
    expect(await again.ended).toBe(1)
    expect(again.output().stdout).toContain('"code":"stack-busy"')

    const doctor = await millrace(['doctor', '--json'], { cwd: folder, env })
    expect(doctor.lines[0]!['findings']).toContainEqual(expect.objectContaining({ name: 'host', state: 'ok' }))
    expect(doctor.lines[0]!['findings']).toContainEqual(expect.objectContaining({ name: 'warehouse', state: 'ok' }))
    expect(doctor.stdout).not.toContain(warehouse.password)

    serving.process.kill('SIGTERM')
    expect(await serving.ended).toBe(0)
    expect(existsSync(join(folder, '.millrace/host.json'))).toBe(false)
  })

  it('says which port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void taken.close())
    await expect.poll(() => taken.listening).toBe(true)
    const { port } = taken.address() as AddressInfo
    const { code, stderr } = await verb('serve', '--port', String(port), '--no-edge')
    expect(code).toBe(1)
    expect(stderr).toMatch(new RegExp(`Port ${port} is taken.*--port`))
  })
})

describe('millrace with a warehouse and collector of its own', () => {
  it('brings up all, keeps addresses over kill -9 of any process, and takes events', { timeout: 180_000 }, async () => {
    const folder = tempFolder()
    expect((await millrace(['init', 'stack'], { cwd: folder })).code).toBe(0)
    const cwd = join(folder, 'stack')
    const key = /write_key: (.*)/.exec(readFileSync(join(cwd, 'sources/website.yaml'), 'utf8'))![1]!
    const ports = ['--port', '0', '--edge-port', '0', '--warehouse-port', '0']
    const first = startMillrace(['up', '--json', ...ports], { cwd })
    onTestFinished(async () => {
      first.process.kill('SIGKILL')
      await first.ended
    })
    const { edge, pid } = await first.result()
    const track = (id: string) =>
      fetch(`${edge}/v1/track`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`, 'content-type': 'application/json' },
        body: JSON.stringify({ type: 'track', event: 'Signed Up', userId: 'u', messageId: id }),
      }).then(
        (response) => response.status,
        () => 0,
      )
    const count = async () => (await millrace(['query', 'SELECT count() FROM events.signed_up'], { cwd })).stdout.trim().split('\n').at(-1)
    expect(await track('m1')).toBe(200)

    const { children } = JSON.parse(readFileSync(join(cwd, '.millrace/host.json'), 'utf8')) as { children: Record<string, number> }
    for (const child of Object.values(children)) process.kill(child, 'SIGKILL')
    await expect.poll(() => track('m2'), { timeout: 60_000, interval: 500 }).toBe(200)
    await expect.poll(count, { timeout: 60_000, interval: 1000 }).toBe('2')

    process.kill(pid, 'SIGKILL')
    await first.ended
    const second = startMillrace(['up', '--json', ...ports], { cwd })
    onTestFinished(async () => {
      second.process.kill('SIGTERM')
      await second.ended
    })
    await second.result()
    await expect.poll(count, { timeout: 60_000, interval: 1000 }).toBe('2')
    process.kill((await second.result())['pid'], 'SIGTERM')
    expect(await second.ended).toBe(0)
  })
})
