import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { millrace } from '#test/fixture/command.ts'
import { tempFolder } from '#test/fixture/temp-folder.ts'

vi.setConfig({ testTimeout: 120_000 })

function stack(): string {
  const folder = tempFolder()
  writeFileSync(join(folder, 'millrace.yaml'), 'name: shop\n')
  return folder
}

const add = (folder: string, ...args: string[]) => millrace(['source', 'add', ...args, '--json'], { cwd: folder })
const read = (folder: string, name: string) => readFileSync(join(folder, 'sources', `${name}.yaml`), 'utf8')

/** With every setting that is commented out (`#name: …`) put in, at every depth; prose (`# …`) stays a comment. */
function uncommented(text: string): string {
  const lines = text.split('\n').map((line) => {
    let bare = line
    while (/^\s*#(?=[^\s#]|( {2})+[^\s]|#)/.test(bare) && !/^\s*# \S/.test(bare)) bare = bare.replace('#', '')
    return bare
  })
  return lines.join('\n')
}

it('lists the connectors, and writes a file for each that lacks nothing but what only its user knows', async () => {
  const folder = stack()
  const { code, lines } = await millrace(['source', 'list', '--json'], { cwd: folder })
  expect(code).toBe(0)
  const connectors = lines[0]!['connectors'] as { kind: string; name: string; title: string }[]
  expect(connectors).toContainEqual(expect.objectContaining({ kind: 'etl', name: 'declarative', title: 'Connector manifest' }))
  expect(connectors).toContainEqual(expect.objectContaining({ kind: 'webhook', name: 'stripe' }))

  const all = connectors.map(({ kind, name }) => ({ kind, name, file: `${kind}_${name}`.replaceAll('-', '_') }))
  for (const { kind, name, file } of all) expect((await add(folder, file, '--connector', name, '--kind', kind)).code).toBe(0)
  const problems = async () => {
    const { lines: answer } = await millrace(['validate', '--json'], { cwd: folder })
    return (answer.at(-1)!['problems'] as { code: string; message: string }[]).map(({ code: kind, message }) => `${kind}: ${message}`)
  }
  // Of secrets that are not set, and texts that are to be filled in; never of a setting that is unknown or of the wrong type.
  const lacking = /secret|needed|empty|Too small|at least|must|pattern/i
  for (const problem of await problems()) expect(problem).toMatch(lacking)

  for (const { file } of all) writeFileSync(join(folder, 'sources', `${file}.yaml`), uncommented(read(folder, file)))
  for (const { file } of all) expect(() => parse(read(folder, file))).not.toThrow()
  for (const problem of await problems()) expect(problem).not.toMatch(/unknown-key|syntax/)
})

it('asks for secrets by name, shows defaults, choices and nested settings, and never overwrites', async () => {
  const folder = stack()
  const { code, lines } = await add(folder, 'payments', '--connector', 'stripe', '--kind', 'webhook')
  expect(code).toBe(0)
  expect(lines).toEqual([{ type: 'result', path: 'sources/payments.yaml', secrets: ['PAYMENTS_WRITE_KEY', 'PAYMENTS_SIGNING_SECRET'] }])
  const text = read(folder, 'payments')
  expect(parse(text)).toEqual({
    kind: 'webhook',
    connector: 'stripe',
    write_key: '${secret:PAYMENTS_WRITE_KEY}',
    config: { signing_secret: '${secret:PAYMENTS_SIGNING_SECRET}' },
  })
  expect(text).toContain("  # The endpoint's signing secret: whsec_…\n  signing_secret:")
  expect(text).toContain('  #tolerance: 300\n')

  const again = await add(folder, 'payments', '--connector', 'braze')
  expect(again.code).toBe(1)
  expect(again.lines).toMatchObject([{ error: { code: 'file-exists', at: { file: 'sources/payments.yaml' } } }])
  expect(read(folder, 'payments')).toBe(text)
})

it('draws the settings of a manifest from its spec, and the source works once they are filled in', async () => {
  const folder = stack()
  mkdirSync(join(folder, 'manifests'))
  writeFileSync(join(folder, 'manifests/crm.yaml'), manifest)
  const { code, lines } = await add(folder, 'crm', '--connector', 'declarative', '--manifest', 'manifests/crm.yaml')
  expect(code).toBe(0)
  expect(lines[0]).toMatchObject({ secrets: ['CRM_CREDENTIALS_TOKEN'] })
  const text = read(folder, 'crm')
  expect(parse(text).config).toEqual({
    manifest: 'manifests/crm.yaml',
    config: { url: 'https://crm.example.com', credentials: { kind: 'token', token: '${secret:CRM_CREDENTIALS_TOKEN}' } },
  })
  expect(text).toMatch(/# How to log in\. Instead of these, also: kind: basic \(user, password\)\./)
  expect(text).toMatch(/# How much at once\. One of small, large\. Without it: small\.\n +#size: small/)
  const valid = await millrace(['validate'], { cwd: folder, env: { CRM_CREDENTIALS_TOKEN: 'x' } })
  expect(valid).toMatchObject({ code: 0 })
})

it('refuses what cannot be a source, with 1 or 2', async () => {
  const folder = stack()
  writeFileSync(join(folder, 'm.yaml'), 'type: DeclarativeSource\n')
  const outside = join(tempFolder(), 'm.yaml')
  writeFileSync(outside, 'type: DeclarativeSource\n')
  const cases: [string[], string][] = [
    [['x', '--connector', 'strip'], 'unknown-connector'],
    [['x', '--connector', 'stripe'], 'ambiguous-connector'],
    [['x', '--connector', 'braze', '--kind', 'etl', '--manifest', 'm.yaml'], 'unknown-connector'],
    [['../x', '--connector', 'braze'], 'invalid-name'],
    [['x', '--connector', 'github', '--kind', 'webhook', '--manifest', 'm.yaml'], 'no-manifest'],
    [['x', '--connector', 'declarative', '--manifest', outside], 'outside-stack'],
    [['x', '--connector', 'declarative', '--manifest', 'nowhere.yaml'], 'file-unreadable'],
  ]
  for (const [args, error] of cases) {
    expect(await add(folder, ...args)).toMatchObject({ code: 1, lines: [{ type: 'error', error: { code: error } }] })
  }
  expect((await add(folder, 'x')).code).toBe(2)
  expect((await add(folder, 'x', '--connector', 'stripe', '--kind', 'sdk')).code).toBe(2)
  expect((await add(tempFolder(), 'x', '--connector', 'braze')).lines).toMatchObject([{ error: { code: 'no-stack' } }])
})

const manifest = `version: 6.0.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [leads] }
spec:
  type: Spec
  connection_specification:
    type: object
    required: [url, credentials]
    properties:
      url: { type: string, description: Where it is., examples: ['https://crm.example.com'] }
      size: { type: string, description: How much at once., enum: [small, large], default: small }
      credentials:
        type: object
        description: How to log in.
        oneOf:
          - type: object
            required: [kind, token]
            properties:
              kind: { type: string, const: token }
              token: { type: string, airbyte_secret: true }
          - type: object
            required: [kind, user, password]
            properties:
              kind: { type: string, const: basic }
              user: { type: string }
              password: { type: string, airbyte_secret: true }
streams:
  - type: DeclarativeStream
    name: leads
    retriever:
      type: SimpleRetriever
      record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [] } }
      requester: { type: HttpRequester, url_base: "{{ config['url'] }}", path: /leads }
`
