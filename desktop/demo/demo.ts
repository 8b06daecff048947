import { join, resolve } from 'node:path'
import { hostPaths, prepareFolder } from '#desktop/host/paths.ts'
import { createFileSecretStore } from '#desktop/host/secrets.ts'
import { type DemoMemory, rememberDemo } from './memory.ts'
import { copyShop, setVariables } from './template.ts'
import { type Analytics, serveAnalytics } from './tool/analytics.ts'
import { serveCrm } from './tool/crm.ts'
import { type Payments, servePayments } from './tool/payments.ts'
import type { Tool } from './tool/server.ts'
import { makeWorld, type World, type WorldSettings } from './world/world.ts'

export interface PrepareOptions {
  /** Folder of the stack. Made from the template when it holds no millrace.yaml; otherwise only the tools' addresses in it are renewed. */
  folder: string
  /** What differs from the default world; ignored when the folder has a world already (.millrace/demo.json). */
  world?: Partial<WorldSettings>
}

/** The demo, its simulated tools already serving. */
export interface Demo {
  folder: string
  world: World
  memory: DemoMemory
  /** The secrets that the stack names (CRM_TOKEN, …); they are in the folder's secret file already. */
  secrets: Record<string, string>
  /** Names of the sources and destinations of the stack that the demo plays (`app.info.simulated`). */
  simulated: string[]
  tools: { name: string; title: string; url: string }[]
  payments: Payments
  analytics: Analytics
  stop(): Promise<void>
}

/**
 * Copies the template where needed, starts the simulated tools, and writes their addresses into
 * millrace.yaml. To be called before the host opens the stack. Throws as `copyShop` and `setVariables`.
 */
export async function prepareDemo(options: PrepareOptions): Promise<Demo> {
  const folder = resolve(options.folder)
  await copyShop(folder)
  const paths = hostPaths(folder)
  await prepareFolder(paths)
  const memory = rememberDemo(join(paths.folder, 'demo.json'), {
    world: options.world ?? {},
    now: Date.now(),
    secrets: ['CRM_TOKEN', 'PAYMENTS_KEY', 'ANALYTICS_TOKEN'],
  })
  const { secrets } = memory
  const store = createFileSecretStore(paths.secrets)
  for (const [name, value] of Object.entries(secrets)) store.set(name, value)

  const world = makeWorld(memory.world)
  const crm = await serveCrm(world, secrets['CRM_TOKEN']!)
  const payments = await servePayments(world, secrets['PAYMENTS_KEY']!, join(paths.folder, 'demo-orders.jsonl'))
  const analytics = await serveAnalytics({ token: secrets['ANALYTICS_TOKEN']!, file: join(paths.folder, 'demo-analytics.json') })
  const tools: Tool[] = [crm, payments, analytics]
  const stop = async () => void (await Promise.all(tools.map((tool) => tool.stop())))
  try {
    await setVariables(folder, { crm_url: crm.url, payments_url: payments.url, analytics_url: analytics.url })
  } catch (thrown) {
    await stop()
    throw thrown
  }
  return {
    folder,
    world,
    memory,
    secrets,
    simulated: ['storefront', 'email', ...tools.map((tool) => tool.name)],
    tools: tools.map(({ name, title, url }) => ({ name, title, url })),
    payments,
    analytics,
    stop,
  }
}
