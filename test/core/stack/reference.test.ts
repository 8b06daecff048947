import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { modelGraph, withNeeds } from '#core/stack/model-graph.ts'
import { findReferences, isQuery, replaceReferences } from '#core/stack/reference.ts'
import { literal } from '#core/warehouse/sql.ts'

const names = (sql: string) => findReferences(sql).map((found) => (found.kind === 'model' ? found.name : `${found.source}.${found.table}`))

test.each([
  ["SELECT * FROM ref('a')", ['a']],
  ["SELECT * FROM {{ ref(\"a\") }} JOIN {{ source('crm', 'leads') }}", ['a', 'crm.leads']],
  ['SELECT * FROM ref(a), ref ( `b` )', ['a', 'b']],
  ['SELECT * FROM source(crm, leads)', ['crm.leads']],
  ["SELECT 'ref(''a'')', \"ref('b')\", `ref('c')` -- ref('d')\n/* ref('e') */ // ref('f')", []],
  ["SELECT x.ref('a'), myref('b'), ref, ref('a', 'b', 'c'), source('x'), ref(1), ref('a'", []],
  ["SELECT $$ref('a')$$, $x$ ref('b') $x$", []],
  ["SELECT {{ ref('a') }}, {ref:String}, { ref('b') }", ['a', 'b']],
  ["SELECT * FROM ref('a') AS ref WHERE ref.x = 1", ['a']],
])('references of %s', (sql, found) => {
  expect(names(sql)).toEqual(found)
})

test('what stands in strings and comments is never a reference, whatever it is', () => {
  const call = fc.constantFrom("ref('x')", '{{ ref(x) }}', "source('a','b')", "'", '"', '`', '*', '/', '-', '\\', ' ', 'ref(')
  const noise = fc.array(call, { maxLength: 6 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(noise, noise, noise, (a, b, c) => {
      const comment = `/* ${b.replaceAll('*/', '').replaceAll('/*', '').replaceAll(/[*/]/g, '')} */`
      const sql = `SELECT ${literal(a)}, ${comment} ref('real') -- ${c}\n, ref(last)`
      expect(names(sql)).toEqual(['real', 'last'])
    }),
    { numRuns: 500 },
  )
})

test('replacing keeps everything else, and every line where it was', () => {
  const sql = "SELECT 'ref(x)' AS a\nFROM {{\n  ref('orders')\n}} -- ref(y)\nJOIN ref(people) USING id"
  const replaced = replaceReferences(sql, (found) => (found.kind === 'model' ? `M.${found.name}` : ''))
  expect(replaced).toBe("SELECT 'ref(x)' AS a\nFROM M.orders\n\n -- ref(y)\nJOIN M.people USING id")
  expect(replaced.split('\n')).toHaveLength(sql.split('\n').length)
})

test.each([
  ['SELECT 1', true],
  ['  -- note\n with x AS (SELECT 1) SELECT * FROM x', true],
  ['(SELECT 1)', true],
  ['events.tracks', false],
  ["ref('selected')", false],
  ['selections', false],
])('%s is a query: %s', (from, query) => {
  expect(isQuery(from)).toBe(query)
})

const model = (name: string, needs: readonly string[]) => ({
  name,
  content: { sql: `SELECT 1 ${needs.map((need) => `, ref(${need})`).join('')}` },
})

test('the order puts what is needed first; what lies on a cycle is left out and its path told', () => {
  const graph = modelGraph([
    model('c', ['b']),
    model('b', ['a']),
    model('a', []),
    model('x', ['y']),
    model('y', ['x']),
    model('me', ['me']),
  ])
  expect(graph.order).toEqual(['a', 'b', 'c'])
  expect(graph.cycles).toEqual([
    ['me', 'me'],
    ['x', 'y', 'x'],
  ])
  expect([...withNeeds(graph, 'b')]).toEqual(['b', 'a'])
})

test('any graph: the order respects every need, and exactly the graphs with cycles have some', () => {
  const size = 6
  const edges = fc.uniqueArray(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 12, selector: ([a, b]) => a * size + b })
  fc.assert(
    fc.property(edges, (pairs) => {
      const models = Array.from({ length: size }, (_, n) =>
        model(
          `m${n}`,
          pairs.filter(([from]) => from === n).map(([, to]) => `m${to}`),
        ),
      )
      const graph = modelGraph(models)
      for (const [name, needs] of graph.needs) {
        if (!graph.order.includes(name)) continue
        for (const need of needs) {
          if (graph.order.includes(need)) expect(graph.order.indexOf(need)).toBeLessThan(graph.order.indexOf(name))
        }
      }
      for (const cycle of graph.cycles) {
        expect(cycle.at(-1)).toBe(cycle[0])
        for (let index = 1; index < cycle.length; index++) expect(graph.needs.get(cycle[index - 1]!)).toContain(cycle[index])
      }
      // A node reaches itself exactly when it lies on some cycle.
      const reaches = (start: number) => {
        const seen = new Set<number>()
        const visit = (node: number): boolean =>
          pairs.some(([a, b]) => a === node && (b === start || (!seen.has(b) && seen.add(b) && visit(b))))
        return visit(start)
      }
      expect(graph.cycles.length > 0).toBe(Array.from({ length: size }, (_, n) => n).some(reaches))
    }),
    { numRuns: 500 },
  )
})
