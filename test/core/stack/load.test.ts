import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadStack } from '#core/stack/load.ts'
import { stackJsonSchemas } from '#core/stack/json-schema.ts'
import { stackOf } from '#test/fixture/stack-files.ts'

const load = (files: Record<string, string>, options?: { environment?: string }) =>
  loadStack(stackOf({ 'millrace.yaml': 'name: shop', ...files }), options)

test('reads each kind of file, with defaults filled in', async () => {
  const stack = await load({
    'millrace.yaml': 'name: shop\ndescription: A shop\nvariables:\n  country: DE\n',
    'sources/web.yaml': 'kind: sdk\nwrite_key: abcdefgh\n',
    'sources/crm.yaml': 'kind: etl\nconnector: declarative\nconfig:\n  token: ${secret:CRM}\n',
    'destinations/mail.yaml': 'connector: webhook\n',
    'models/orders.sql': '/*\nmaterialized: table\norder_by: [id]\n*/\nSELECT 1 AS id;\n',
    'models/staging/raw_orders.sql': 'SELECT 1',
    'traits/spent.yaml': 'type: sum\nvalue: total\nfrom: events.order_completed\nwindow: 1 year\n',
    'traits/high_value.sql': '-- entity: account\n\nSELECT 1 AS id, true AS value',
    'syncs/mail.yaml': 'from: profiles.users\ndestination: mail\nobject: contacts\nkey: email\nfields:\n  email: email\n',
    'README.md': '# mine',
    'transforms/x.ts': '',
  })
  expect(stack.problems).toEqual([])
  expect(stack.file).toMatchObject({ name: 'shop', variables: { country: 'DE' } })
  expect(stack.sources.map(({ name, path }) => [name, path])).toEqual([
    ['crm', 'sources/crm.yaml'],
    ['web', 'sources/web.yaml'],
  ])
  expect(stack.sources[0]!.content).toMatchObject({ config: { token: '${secret:CRM}' } })
  expect(stack.models.map(({ name, content }) => [name, content.materialized, content.sql, content.line])).toEqual([
    ['orders', 'table', 'SELECT 1 AS id', 5],
    ['raw_orders', 'view', 'SELECT 1', 1],
  ])
  expect(stack.traits.map(({ name, content }) => [name, content.form, content.trait.entity])).toEqual([
    ['high_value', 'sql', 'account'],
    ['spent', 'typed', 'user'],
  ])
  expect(stack.syncs[0]!.content).toMatchObject({ mode: 'upsert', delete_guard: 0.1 })
  expect(stack.syncs[0]!.places['fields.email']).toMatchObject({ line: 6, column: 10 })
})

const planVersion = async (text: string) => (await load({ 'plans/web.yaml': text })).plans[0]!.content.version

test('a plan has a version that is of what it says, and not of how it is written', async () => {
  const first = await planVersion('events:\n  A: { schema: { required: [a] } }\n')
  expect(first).toMatch(/^[0-9a-f]{12}$/)
  expect(await planVersion('# of the web\nevents:\n  A:\n    schema:\n      required:\n        - a\n')).toBe(first)
  expect(await planVersion('events:\n  A: { schema: { required: [b] } }\n')).not.toBe(first)
})

describe('a broken file is told with its place and the mend, and sinks no other', () => {
  test.each([
    ['sources/a.yaml', 'kind: sdk\nwrite_key: [abc\n', { code: 'invalid-yaml', at: { file: 'sources/a.yaml' } }],
    ['sources/a.yaml', 'kind: sdk\n\twrite_key: abcdefgh\n', { code: 'invalid-yaml', at: { line: 2 }, mend: 'Indent with spaces.' }],
    ['sources/a.yaml', 'kind: sdk\nkind: etl\n', { code: 'invalid-yaml', at: { line: 2, column: 1 }, mend: 'Remove one of the two.' }],
    [
      'sources/a.yaml',
      'kind: sdk\nwrite_key: abcdefgh\nenabeld: false\n',
      { code: 'unknown-key', at: { line: 3, column: 1, field: 'enabeld' }, mend: 'Did you mean "enabled"?' },
    ],
    ['sources/a.yaml', 'kind: sdk\n', { code: 'missing-setting', at: { line: 1, field: 'write_key' } }],
    ['sources/a.yaml', 'kind: sdk\nwrite_key: 12345678\n', { code: 'invalid-setting', at: { line: 2, column: 12, field: 'write_key' } }],
    ['sources/a.yaml', 'kind: sbk\n', { code: 'invalid-setting', at: { line: 1 }, mend: 'Did you mean "sdk"?' }],
    ['sources/a.yaml', '', { code: 'invalid-file', message: 'The file is empty.' }],
    ['sources/a.yaml', '- 1\n- 2\n', { code: 'invalid-setting' }],
    ['sources/a.yaml', 'a: &a [x]\nb: *c\n', { code: 'invalid-yaml' }],
    ['sources/A-b.yaml', 'kind: sdk\nwrite_key: abcdefgh\n', { code: 'invalid-name', mend: 'Rename the file.' }],
    [
      'models/a.sql',
      '-- materialized: tabel\nSELECT 1',
      { code: 'invalid-setting', at: { file: 'models/a.sql', line: 1, column: 18 }, mend: 'Did you mean "table"?' },
    ],
    [
      'models/a.sql',
      '\n\n/*\n  materialized: table\n  orderby: [id]\n*/\nSELECT 1',
      { code: 'unknown-key', at: { line: 5, column: 3 }, mend: 'Did you mean "order_by"?' },
    ],
    [
      'models/a.sql',
      '/*\ntests:\n  - unqiue: id\n*/\nSELECT 1',
      { code: 'invalid-setting', at: { line: 3 }, mend: 'Did you mean "unique"?' },
    ],
    [
      'models/a.sql',
      '/*\ntests:\n  - accepted_values: { column: id }\n*/\nSELECT 1',
      { code: 'missing-setting', at: { line: 3, field: 'tests.0.accepted_values.values' } },
    ],
    ['models/a.sql', '-- nothing more', { code: 'invalid-sql', message: 'There is no SELECT in the file.' }],
    ['models/a.sql', '-- x\nDROP TABLE t', { code: 'invalid-sql', at: { line: 2, column: 1 } }],
    ['models/a.sql', 'SELECT 1;\nSELECT 2', { code: 'invalid-sql', at: { line: 1, column: 9 } }],
    ['models/a.sql', "SELECT 1,\n  'x", { code: 'invalid-sql', at: { line: 2, column: 3 }, mend: 'Close the quote.' }],
    ['models/a.sql', 'SELECT 1 /* never', { code: 'invalid-sql', mend: 'Close the comment.' }],
    ['traits/a.yaml', 'type: sum\nfrom: x.y\n', { code: 'missing-setting', at: { field: 'value' } }],
    ['traits/a.yaml', 'type: count\nfrom: x.y\nentity: trait\n', { code: 'invalid-setting', at: { line: 3, field: 'entity' } }],
    ['traits/a.yaml', 'type: count\nfrom: x.y\nwindow: 3 fortnights\n', { code: 'invalid-setting', at: { line: 3, column: 9 } }],
    [
      'syncs/a.yaml',
      'from: x.y\ndestination: b\nobject: c\nkey: d\nfields: {}\nmode: merge\n',
      { code: 'invalid-setting', at: { line: 6 } },
    ],
    [
      'syncs/a.yaml',
      'from: x.y\ndestination: b\nobject: c\nkey: d\nfields:\n  a: ${secret:KEY}\n',
      { code: 'secret-in-sql', at: { line: 6, field: 'fields.a' } },
    ],
    [
      'plans/a.yaml',
      'rules: { required_missing: drop_property }\n',
      { code: 'invalid-setting', at: { line: 1, column: 28, field: 'rules.required_missing' } },
    ],
    [
      'plans/a.yaml',
      'events:\n  A:\n    shcema: {}\n',
      { code: 'unknown-key', at: { line: 3, column: 5 }, mend: 'Did you mean "schema"?' },
    ],
    [
      'plans/a.yaml',
      'events:\n  A:\n    schema:\n      properties:\n        total: { type: numbr }\n',
      { code: 'invalid-setting', at: { line: 5, column: 24 }, mend: 'Did you mean "number"?' },
    ],
    [
      'plans/a.yaml',
      'identify:\n  schema:\n    properties: { a: { properties: { b: { requird: [c] } } } }\n',
      {
        code: 'unknown-key',
        at: { line: 3, field: 'identify.schema.properties.a.properties.b.requird' },
        mend: 'Did you mean "required"?',
      },
    ],
    [
      'plans/a.yaml',
      'page:\n  schema:\n    properties:\n      tags:\n        items: { minimum: x }\n',
      { code: 'invalid-setting', at: { line: 5, field: 'page.schema.properties.tags.items.minimum' } },
    ],
    [
      'plans/a.yaml',
      'page:\n  schema:\n    properties:\n      a: { pattern: "(" }\n',
      { code: 'invalid-setting', at: { line: 4, column: 21, field: 'page.schema.properties.a.pattern' } },
    ],
    [
      'plans/a.yaml',
      'page:\n  schema:\n    properties:\n      a: { $ref: "#/$defs/b" }\n',
      { code: 'invalid-setting', at: { line: 4, column: 18, field: 'page.schema.properties.a.$ref' } },
    ],
    ['models/a.sql', 'SELECT ${var:contry}', { code: 'unknown-variable', at: { file: 'models/a.sql' } }],
  ])('%s: %j', async (path, text, problem) => {
    const stack = await load({ [path]: text, 'models/sound.sql': 'SELECT 1', 'sources/sound.yaml': 'kind: sdk\nwrite_key: abcdefgh\n' })
    expect(stack.problems[0]).toMatchObject({
      severity: 'error',
      fault: 'config',
      ...problem,
      at: { file: path, ...('at' in problem ? problem.at : {}) },
    })
    expect(stack.problems[0]!.mend ?? '').not.toBe('undefined')
    expect(stack.models.map(({ name }) => name)).toContain('sound')
    expect(stack.sources.map(({ name }) => name)).toContain('sound')
  })

  test('several mistakes in one file are all told', async () => {
    const { problems } = await load({ 'syncs/a.yaml': 'from: 1\ndestination: B\nobjct: c\nkey: d\n' })
    expect(problems.map(({ at }) => at?.field).toSorted()).toEqual(['destination', 'fields', 'from', 'objct', 'object'])
  })

  test('a stack without millrace.yaml, or with a broken one', async () => {
    expect((await loadStack(stackOf({}))).problems).toMatchObject([{ code: 'missing-file', at: { file: 'millrace.yaml' } }])
    const broken = await loadStack(stackOf({ 'millrace.yaml': 'nme: x', 'models/a.sql': 'SELECT 1' }))
    expect(broken.problems.map(({ code }) => code).toSorted()).toEqual(['missing-setting', 'unknown-key'])
    expect(broken.models).toHaveLength(1)
  })

  test('a file that cannot be read', async () => {
    const files = stackOf({ 'millrace.yaml': 'name: shop', 'models/a.sql': 'SELECT 1' })
    const stack = await loadStack({ ...files, list: async () => ['millrace.yaml', 'models/a.sql', 'models/gone.sql'] })
    expect(stack.problems).toMatchObject([{ code: 'unreadable-file', at: { file: 'models/gone.sql' } }])
    expect(stack.models).toHaveLength(1)
  })

  test('the same name twice', async () => {
    const stack = await load({ 'traits/x.sql': 'SELECT 1 AS id, 2 AS value', 'traits/x.yaml': 'type: count\nfrom: a.b\n' })
    expect(stack.problems).toMatchObject([
      { code: 'duplicate-name', at: { file: 'traits/x.yaml' }, message: expect.stringContaining('traits/x.sql') },
    ])
    expect(stack.traits).toHaveLength(1)
  })

  test('a folder or file that nothing reads is a warning when it looks like a slip', async () => {
    const { problems } = await load({
      'model/a.sql': 'SELECT 1',
      'sources/a.yml': 'kind: sdk',
      'docs/a.yaml': '',
      'seeds/a.sql': '',
      '.millrace/x.yaml': '',
    })
    expect(problems.map(({ severity, at, mend }) => [severity, at?.file, mend])).toEqual([
      ['warning', 'model/a.sql', 'Did you mean "models/"?'],
      ['warning', 'sources/a.yml', 'Rename it to end with .yaml.'],
    ])
  })
})

describe('the leading comment of a .sql file', () => {
  test.each([
    ['-- Orders, one row each:\n-- the paid ones.\nSELECT 1', 'Orders, one row each: the paid ones.', 3],
    ['/* Just a note. */ SELECT 1', 'Just a note.', 1],
    ['/** description: starred */\nSELECT 1', 'starred', 2],
    ['-- description: first\n\n-- materialized: nonsense, not in the leading comment\nSELECT 1', 'first', 3],
    ['\ufeff-- description: with a byte order mark\nSELECT 1', 'with a byte order mark', 2],
    ['-- description: windows\r\n-- materialized: view\r\nSELECT 1\r\n', 'windows', 3],
    ['SELECT 1 -- description: no', undefined, 1],
    ['--\nSELECT 1', undefined, 2],
  ])('%j', async (text, description, line) => {
    const stack = await load({ 'models/a.sql': text })
    expect(stack.problems).toEqual([])
    expect(stack.models[0]!.content).toMatchObject({ line, ...(description === undefined ? {} : { description }) })
    expect(stack.models[0]!.content.description).toBe(description)
    expect(stack.models[0]!.content.sql).toMatch(/SELECT 1/)
  })

  test('wherever a mistake is put, its line and column are those of the file', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(4), fc.nat(4), fc.boolean(), async (blankLines, settings, block) => {
        const lines = Array.from({ length: settings }, (_, n) => `x${n}: 1`)
        const all = [...lines, 'materialized: nonsense']
        const text =
          '\n'.repeat(blankLines) + (block ? `/*\n${all.join('\n')}\n*/\n` : `${all.map((line) => `-- ${line}`).join('\n')}\n`) + 'SELECT 1'
        const { problems } = await load({ 'models/a.sql': text })
        const wrong = problems.find(({ at }) => at?.field === 'materialized')!
        expect(text.split('\n')[wrong.at!.line! - 1]!.slice(wrong.at!.column! - 1)).toBe('nonsense')
        expect(problems).toHaveLength(settings + 1)
      }),
    )
  })
})

test('variables are filled into models, traits and syncs, those of the environment first; in connectors they stay', async () => {
  const files = {
    'millrace.yaml': 'name: shop\nvariables: { country: DE, days: "30" }\nenvironments:\n  prod:\n    variables: { country: FR }\n',
    'models/a.sql': "SELECT * FROM t WHERE country = '${var:country}'",
    'traits/a.yaml': 'type: count\nfrom: t\nwindow: "30 days"\nwhere: days < ${var:days}\n',
    'destinations/a.yaml': 'connector: webhook\nconfig:\n  url: https://${var:country}.example.com\n',
  }
  const stack = await load(files, { environment: 'prod' })
  expect(stack.problems).toEqual([])
  expect(stack.models[0]!.content.sql).toContain("'FR'")
  expect(stack.traits[0]!.content.trait).toMatchObject({ where: 'days < 30' })
  expect(stack.destinations[0]!.content.config).toEqual({ url: 'https://${var:country}.example.com' })
  const unknown = await load(files, { environment: 'prd' })
  expect(unknown.problems).toMatchObject([{ code: 'unknown-environment', at: { file: 'millrace.yaml' }, mend: 'Did you mean "prod"?' }])
  expect(unknown.models[0]!.content.sql).toContain("'DE'")
})

test('any text in any file gives problems, never a crash', async () => {
  const paths = ['millrace.yaml', 'sources/a.yaml', 'models/a.sql', 'traits/a.yaml', 'traits/b.sql', 'syncs/a.yaml', 'destinations/a.yaml']
  const piece = fc.constantFrom(
    'kind: sdk',
    'type: sum',
    '- ',
    ': ',
    '\n',
    '  ',
    '&a ',
    '*a',
    '{',
    '}',
    '[',
    '"',
    "'",
    '|',
    '/*',
    '*/',
    '-- ',
    '__proto__: 1',
    'constructor: x',
    '<<: *a',
    '!!js/function x',
    'SELECT',
    '${secret:X}',
    '${var:',
    'ref(',
    '\t',
    '\0',
  )
  const text = fc.oneof(
    fc.array(piece, { maxLength: 25 }).map((parts) => parts.join('')),
    fc.string({ unit: 'binary' }),
  )
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), text, async (path, content) => {
      const stack = await load({ [path]: content, 'models/sound.sql': 'SELECT 1' })
      expect(stack.models.some(({ name }) => name === 'sound')).toBe(true)
      for (const problem of stack.problems) expect(problem.at?.file).toBe(path)
      expect(({} as Record<string, unknown>)['kind']).toBeUndefined()
    }),
    { numRuns: 500 },
  )
})

test('an alias bomb is refused', async () => {
  const levels = Array.from({ length: 12 }, (_, n) => `x${n + 1}: &x${n + 1} [${`*x${n},`.repeat(9)}*x${n}]`)
  const { problems } = await load({ 'sources/a.yaml': `x0: &x0 [lol]\n${levels.join('\n')}\n` })
  expect(problems[0]).toMatchObject({ code: 'invalid-yaml', at: { file: 'sources/a.yaml' } })
})

test('each kind of file has a JSON Schema with every field described', () => {
  const schemas = stackJsonSchemas()
  expect(Object.keys(schemas)).toEqual([
    'millrace.yaml',
    'sources/*.yaml',
    'destinations/*.yaml',
    'transforms/*.ts',
    'models/*.sql',
    'traits/*.yaml',
    'traits/*.sql',
    'syncs/*.yaml',
    'plans/*.yaml',
  ])
  expect(schemas['syncs/*.yaml']).toMatchObject({
    type: 'object',
    additionalProperties: false,
    required: ['from', 'destination', 'object', 'key', 'fields'],
  })
})

test.each([
  ['a block comment', '/*\ndescription: Masks.\nfetch: [api.example.com]\n*/\n'],
  ['lines', '// description: Masks.\n// fetch: [api.example.com]\n'],
  ['a comment with stars', '/**\n * description: Masks.\n * fetch: [api.example.com]\n */\n'],
])('a transform has its settings in %s that it begins with', async (_form, comment) => {
  const code = `${comment}\n// Not this one: fetch.\nexport const transform = (events) => events\n`
  const stack = await loadStack(stackOf({ 'millrace.yaml': 'name: a', 'transforms/mask.ts': code, 'transforms/millrace.d.ts': '' }))
  expect(stack.problems).toEqual([])
  expect(stack.transforms).toMatchObject([{ name: 'mask', content: { description: 'Masks.', fetch: ['api.example.com'], code } }])
})

test('a wrong setting of a transform is named with its place', async () => {
  const code = '/*\nfetch: [api.example.com]\ntimeout_ms: 60000\n*/\nexport const transform = (events) => events\n'
  const stack = await loadStack(stackOf({ 'millrace.yaml': 'name: a', 'transforms/mask.ts': code }))
  expect(stack.problems).toMatchObject([{ code: 'invalid-setting', at: { file: 'transforms/mask.ts', line: 3, field: 'timeout_ms' } }])
})
