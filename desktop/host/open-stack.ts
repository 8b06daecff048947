import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { MillraceError, toMillraceError } from '#core/lib/error.ts'
import type { Log } from '#core/lib/runtime.ts'
import { resolveConfig } from '#core/stack/resolve.ts'
import type { ClickHouseAddress } from './clickhouse.ts'
import { createHost, type Host } from './host.ts'
import type { EdgeAddress } from './edge-address.ts'
import { startLocalEdge, startLocalWarehouse } from './local.ts'
import { type Endpoint, lockStack, type StackLock } from './lock.ts'
import { type HostPaths, hostPaths, prepareFolder } from './paths.ts'
import { createRedactor } from './redact.ts'
import { findServedEdge, findServedWarehouse } from './service-file.ts'
import { createFileSecretStore, type SecretStore, secretResolver } from './secrets.ts'
import { createVaults } from './vault.ts'
import { createFolderFiles } from './stack-files.ts'
import { refuseBroken, type StackView, viewStack } from './stack-view.ts'

export interface OpenOptions {
  stackFolder: string
  environment?: string | undefined
  /** Where secrets may come from besides the store: the process's environment, the demo's. */
  variables: Record<string, string | undefined>
  /** Electron's keychain; without it, a file in `.millrace`. */
  secretStore?: SecretStore
  simulated?: readonly string[]
  /** Schedules run and files are followed: the studio and `serve`. A command that does one thing does without. */
  live: boolean
  /** Not live, and yet with broken files: for what needs the warehouse alone. */
  evenBroken?: boolean
  /** Starts the local collector where the stack names none; `port` as in {@link startLocalEdge}. */
  edge: { port?: number | undefined } | undefined
  warehousePort?: number | undefined
  log: Log
}

/** A stack at work: its lock, its servers, its host. */
export interface OpenStack {
  host: Host
  paths: HostPaths
  warehouse: ClickHouseAddress
  edge: EdgeAddress | undefined
  /** Tells others how this host is reached. */
  announce(http: { url: string; token: string }): void
  close(): Promise<void>
}

/**
 * Takes the stack, starts what it needs and names no server for (warehouse, collector), and publishes
 * the sources. A stack with broken files opens all the same when it is `live`: the studio shows them.
 * Throws `no-stack`, `stack-busy`, `broken-stack`, and what the services throw.
 */
export async function openStack(options: OpenOptions): Promise<OpenStack> {
  const folder = resolve(options.stackFolder)
  refuseMissing(folder)
  const paths = hostPaths(folder)
  await prepareFolder(paths)
  const redactor = createRedactor()
  const log: Log = (level, message, facts) => options.log(level, redactor.redact(message), facts && redactor.redact(facts))
  const secretStore = options.secretStore ?? createFileSecretStore(paths.secrets)
  const secret = secretResolver(secretStore, options.variables, (value) => redactor.add(value))
  const vaults = createVaults(secretStore, (value) => redactor.add(value))
  const view = await viewStack({ files: createFolderFiles(folder), environment: options.environment, secret })
  if (!options.live && options.evenBroken !== true) refuseBroken(view)

  const undo: Undo = []
  const children = new Map<string, () => number>()
  const close = async () => {
    for (const step of undo.splice(0).toReversed()) await step()
  }
  try {
    const lock: StackLock = lockStack(paths)
    undo.push(() => lock.release())
    let endpoint: Omit<Endpoint, 'pid'> = options.environment === undefined ? {} : { environment: options.environment }
    const announce = (more: Omit<Endpoint, 'pid'>) => {
      endpoint = { ...endpoint, ...more, children: Object.fromEntries([...children].map(([name, pid]) => [name, pid()])) }
      lock.announce(endpoint)
    }
    const local: LocalContext = { paths, log, undo, children, onRestart: () => announce({}) }
    const warehouse = await findWarehouse(view, options, local)
    redactor.add(warehouse.password)
    const edge = await findEdge(view, options, warehouse, local)
    if (edge !== undefined) redactor.add(edge.adminToken)
    const { environment, simulated = [], live } = options
    const host = await createHost({ stackFolder: folder, warehouse, edge, secret, vaults, redactor, environment, simulated, live, log })
    undo.push(() => host.close())
    const publish = () =>
      host.handlers['edge.publish']({}).catch((thrown: unknown) =>
        log('error', 'The sources could not be published.', { error: toMillraceError(thrown).message }),
      )
    if (edge !== undefined && options.edge !== undefined && view.stack.file.edge === undefined) {
      await publish()
      undo.push(host.listen('stack.changed', () => void publish()))
    }
    announce({ warehouse, ...(edge === undefined ? {} : { edge }) })
    return {
      host,
      paths,
      warehouse,
      edge,
      announce: ({ url, token }) => announce({ url, token }),
      close,
    }
  } catch (thrown) {
    await close()
    throw thrown
  }
}

type Undo = (() => Promise<void> | void)[]

/** What the servers of the stack's own are started with. */
interface LocalContext {
  paths: HostPaths
  log: Log
  /** What is to be done at the end, last first. */
  undo: Undo
  /** Process ids of what was started. */
  children: Map<string, () => number>
  onRestart: () => void
}

async function findWarehouse(view: StackView, options: OpenOptions, local: LocalContext): Promise<ClickHouseAddress> {
  const { paths, log, onRestart } = local
  const named = view.stack.file.warehouse
  if (named !== undefined) return resolveConfig(named, view.resolver, { file: 'millrace.yaml', field: 'warehouse' })
  const served = await findServedWarehouse(paths.warehouse, globalThis.fetch)
  if (served !== undefined) return { url: served.url, user: served.user, password: served.password }
  const service = await startLocalWarehouse({ folder: paths.warehouse, memory: paths.folder, port: options.warehousePort, log, onRestart })
  local.undo.push(() => service.stop())
  local.children.set('warehouse', () => service.pid())
  const { url, user, password } = service.ready()
  return { url, user, password }
}

async function findEdge(
  view: StackView,
  options: OpenOptions,
  warehouse: ClickHouseAddress,
  local: LocalContext,
): Promise<EdgeAddress | undefined> {
  const { paths, log, onRestart } = local
  const named = view.stack.file.edge
  if (named !== undefined) {
    const { url, admin_token } = resolveConfig(named, view.resolver, { file: 'millrace.yaml', field: 'edge' })
    return { url, adminToken: admin_token }
  }
  const served = await findServedEdge(paths.edge, globalThis.fetch)
  if (served !== undefined) return { url: served.url, adminToken: served.adminToken }
  if (options.edge === undefined) return undefined
  const service = await startLocalEdge({ folder: paths.edge, memory: paths.folder, port: options.edge.port, warehouse, log, onRestart })
  local.undo.push(() => service.stop())
  local.children.set('collector', () => service.pid())
  return service.address()
}

function refuseMissing(folder: string): void {
  if (existsSync(join(folder, 'millrace.yaml'))) return
  throw new MillraceError({
    code: 'no-stack',
    fault: 'config',
    message: `${folder} holds no stack: there is no millrace.yaml.`,
    mend: 'Make one with `millrace init`, or name its folder with --stack.',
  })
}
