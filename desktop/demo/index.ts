import type { Client } from '#core/host/client.ts'
import type { DemoSummary } from './summary.ts'
import type { WorldSettings } from './world/world.ts'

export interface PrepareOptions {
  /** Folder of the stack. Made from the template when it holds no millrace.yaml; otherwise only the tools' addresses in it are renewed. */
  folder: string
  /** What differs from the default world; ignored when the folder has a world already (.millrace/demo.json). */
  world?: Partial<WorldSettings>
}

/** The demo, its simulated tools already serving. */
export interface Demo {
  folder: string
  world: WorldSettings
  /** Environment of the host: the secrets that the stack names (CRM_TOKEN, …). To be set before the host starts. */
  secrets: Record<string, string>
  /** Names of the sources and destinations of the stack that the demo plays (`app.info.simulated`). */
  simulated: string[]
  tools: { name: string; title: string; url: string }[]
  stop(): Promise<void>
}

export interface RunDemoOptions {
  /** The host, already serving the demo's stack, already published to the collector. */
  client: Client
  /** Address of the collector. */
  edgeUrl: string
  onProgress: (progress: DemoProgress) => void
  signal: AbortSignal
}

export interface DemoProgress {
  /** What is being done, a short sentence: "Sending traffic". */
  stage: string
  done?: number
  of?: number
}

/** Copies the template where needed, starts the simulated tools, and writes their addresses into millrace.yaml. */
export async function prepareDemo(_options: PrepareOptions): Promise<Demo> {
  throw new Error('in the making')
}

/** Plays the whole loop once: traffic, ETL, models, traits, sync, both questions. Throws a MillraceError when a step failed. */
export async function runDemo(_demo: Demo, _options: RunDemoOptions): Promise<DemoSummary> {
  throw new Error('in the making')
}

/** A slow trickle of live traffic, until the signal aborts (then it resolves). Starts after `runDemo`. */
export async function playLive(_demo: Demo, _options: { edgeUrl: string; signal: AbortSignal }): Promise<void> {
  throw new Error('in the making')
}
