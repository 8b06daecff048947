/** Who may import whom: the layering of the design, with no exceptions. */
const lib = '^core/lib/'
const rule = (name, from, allowed, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: from },
  to: { path: '^(core|edge|desktop|test)/', pathNot: [from, ...allowed] },
})

export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    rule('lib-is-the-bottom', lib, [], 'lib imports nothing of ours'),
    rule('event', '^core/event/', [lib, '^core/warehouse/']),
    rule('warehouse', '^core/warehouse/', [lib]),
    rule('stack', '^core/stack/', [lib, '^core/event/', '^core/warehouse/']),
    rule('connector', '^core/connector/', [
      lib,
      '^core/event/',
      '^core/warehouse/',
      '^core/source/[^/]+/index',
      '^core/destination/[^/]+/index',
      '^core/webhook/[^/]+/index',
    ]),
    {
      name: 'only-the-registry-imports-connectors',
      severity: 'error',
      from: {
        path: '^(core|edge|desktop)/',
        pathNot: ['^core/connector/(webhook-)?registry', '^core/source/', '^core/destination/', '^core/webhook/', '^desktop/connector/'],
      },
      to: { path: '^core/(source|destination|webhook)/' },
    },
    rule('source', '^core/source/', [lib, '^core/event/', '^core/warehouse/', '^core/connector/(?!(webhook-)?registry)']),
    rule('destination', '^core/destination/', [lib, '^core/event/', '^core/warehouse/', '^core/connector/(?!(webhook-)?registry)']),
    rule('webhook', '^core/webhook/', [lib, '^core/event/', '^core/connector/(?!(webhook-)?registry)']),
    rule('pipeline', '^core/pipeline/', [
      lib,
      '^core/event/',
      '^core/warehouse/',
      '^core/connector/(?!(webhook-)?registry)',
      '^core/stack/',
    ]),
    rule('model', '^core/model/', [lib, '^core/event/', '^core/warehouse/', '^core/stack/']),
    rule('profile', '^core/profile/', [lib, '^core/event/', '^core/warehouse/', '^core/model/', '^core/stack/']),
    rule('sync', '^core/sync/', [
      lib,
      '^core/event/',
      '^core/warehouse/',
      '^core/model/',
      '^core/connector/(?!(webhook-)?registry)',
      '^core/stack/',
    ]),
    rule('host-contract', '^core/host/', [lib, '^core/event/'], 'an event is defined once, in core/event'),
    rule('edge', '^edge/', ['^core/']),
    rule('renderer', '^desktop/renderer/', ['^core/(host|event|stack|lib)/']),
    rule('preload', '^desktop/preload/', ['^core/(host|lib)/']),
    rule('desktop-host', '^desktop/host/', ['^core/', '^desktop/connector/']),
    rule('desktop-connector', '^desktop/connector/', [lib, '^core/(event|warehouse|connector)/']),
    rule('local-warehouse', '^desktop/warehouse/', ['^core/(lib|warehouse)/']),
    rule('demo', '^desktop/demo/', ['^core/', '^desktop/host/']),
    rule('main', '^desktop/main/', ['^core/', '^desktop/host/']),
    rule('cli', '^desktop/cli/', ['^core/', '^desktop/host/', '^desktop/demo/', '^desktop/connector/', '^desktop/renderer/build']),
    { name: 'core-runs-anywhere', severity: 'error', from: { path: '^core/' }, to: { dependencyTypes: ['core'] } },
    {
      name: 'core-has-no-runtime-of-its-own',
      severity: 'error',
      from: { path: '^core/' },
      to: { path: 'node_modules/(electron|hono|better-sqlite3|@clickhouse/client)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|template)/' },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.json'],
    },
  },
}
