import type { EdgeTransform } from '#core/event/edge-config.ts'
import type { TransformChain } from '#core/event/transform.ts'
import { MillraceError } from '#core/lib/error.ts'
import type { Sandbox } from './ran.ts'
import { RemoteSandbox, type Service } from './remote-sandbox.ts'
import { runTransformIn } from './run.ts'
import { loadedSandbox } from './sandbox.ts'

/** What the runtime binds for transforms: a loader on Cloudflare, a process of its own and its keeper elsewhere. */
export interface TransformBindings {
  LOADER?: WorkerLoader
  SANDBOX?: Service
  SANDBOX_KEEPER?: Service
}

/** What runs the transforms of an isolate. */
export class Chains {
  readonly #remote: RemoteSandbox | undefined
  readonly #run: TransformChain['run']

  constructor({ LOADER, SANDBOX, SANDBOX_KEEPER }: TransformBindings) {
    this.#remote = SANDBOX === undefined || SANDBOX_KEEPER === undefined ? undefined : new RemoteSandbox(SANDBOX, SANDBOX_KEEPER)
    this.#run = runTransformIn(LOADER === undefined ? (this.#remote?.run ?? noSandbox) : loadedSandbox(LOADER))
  }

  /** Undefined when there are none. */
  of(transforms: readonly EdgeTransform[] | undefined): TransformChain | undefined {
    return transforms === undefined ? undefined : { transforms, run: this.#run }
  }

  /** Makes ready for what was published, so that its first batch need not wait. */
  async warm(transforms: readonly EdgeTransform[]): Promise<void> {
    if (transforms.length > 0) await this.#remote?.warm()
  }
}

const noSandbox: Sandbox = () => {
  const mend = 'Bind a Worker Loader as LOADER (wrangler.toml: worker_loaders).'
  throw new MillraceError({
    code: 'transform-unavailable',
    fault: 'transient',
    message: 'There is no sandbox for transforms.',
    mend,
    retryAfter: 60,
  })
}
