import type { Destination, RowDelivery } from '../connector/destination.ts'
import { MillraceError, type Place } from '../lib/error.ts'
import { didYouMean } from '../lib/suggest.ts'
import { resolveConfig } from '../stack/resolve.ts'
import type { Resolver } from '../stack/resolver.ts'
import type { DestinationFile, SyncFile } from '../stack/schema.ts'
import type { Definition, Stack } from '../stack/stack.ts'
import { isBroken } from '../stack/validate.ts'

/** A sync with everything it names found, its settings checked and its secrets resolved. */
export interface BoundSync {
  sync: Definition<SyncFile>
  connector: string
  rows: RowDelivery<unknown>
  config: unknown
  /** What its snapshot is about: the same key sent elsewhere, or matched by another column, is another record. */
  target: string
}

/** Throws `unknown-sync`, `unknown-destination`, `unknown-connector`, `rows-unsupported`, `unknown-secret`, `unknown-variable`, `invalid-setting`. */
export function bindSync(stack: Stack, name: string, destinations: readonly Destination<any>[], resolver: Resolver): BoundSync {
  const sync = find(stack, stack.syncs, 'syncs', name, 'sync')
  const place = { file: sync.path, ...sync.places.destination, field: 'destination' }
  const file = find(stack, stack.destinations, 'destinations', sync.content.destination, 'destination', place)
  const destination = destinations.find((candidate) => candidate.name === file.content.connector)
  if (destination === undefined) {
    const names = destinations.map((candidate) => candidate.name)
    throw new MillraceError({
      code: 'unknown-connector',
      fault: 'config',
      message: `There is no connector "${file.content.connector}".`,
      at: { file: file.path, ...file.places.connector, field: 'connector' },
      mend: didYouMean(file.content.connector, names, 'connectors'),
    })
  }
  if (destination.rows === undefined) {
    const rowTakers = destinations.flatMap((candidate) => (candidate.rows === undefined ? [] : [candidate.name]))
    throw new MillraceError({
      code: 'rows-unsupported',
      fault: 'config',
      message: `The connector ${destination.name} takes events, and no rows of the warehouse.`,
      at: place,
      mend: `These connectors take rows: ${rowTakers.join(', ')}.`,
    })
  }
  const { object, key } = sync.content
  return {
    sync,
    connector: destination.name,
    rows: destination.rows,
    config: parseConfig(file, destination, resolver),
    target: `${file.name}/${object}/${key}`,
  }
}

/** A destination file's settings as its connector takes them. No value of a secret is in an error. */
export function parseConfig(file: Definition<DestinationFile>, destination: Destination<unknown>, resolver: Resolver): unknown {
  const resolved = resolveConfig(file.content.config, resolver, { file: file.path, field: 'config' })
  const parsed = destination.config.safeParse(resolved)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  const field = ['config', ...issue.path.map(String)].join('.')
  throw new MillraceError({
    code: 'invalid-setting',
    fault: 'config',
    message: `${field}: ${issue.message}.`,
    at: { file: file.path, ...file.places[field], field },
    mend: `See the settings of the connector ${destination.name}.`,
  })
}

function find<Content>(
  stack: Stack,
  list: readonly Definition<Content>[],
  folder: string,
  name: string,
  what: string,
  at?: Place,
): Definition<Content> {
  const found = list.find((definition) => definition.name === name)
  if (found !== undefined) return found
  if (isBroken(stack, folder, name)) {
    const own = stack.problems.find((problem) => problem.severity === 'error' && problem.at?.file?.startsWith(`${folder}/${name}.`))
    if (own !== undefined) throw new MillraceError(own)
  }
  throw new MillraceError({
    code: `unknown-${what}`,
    fault: 'config',
    message: `There is no ${what} "${name}".`,
    at,
    mend: didYouMean(
      name,
      list.map((definition) => definition.name),
      folder,
    ),
  })
}
