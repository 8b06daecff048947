import type { EdgeTransform } from '#core/event/edge-config.ts'
import { loadedSandbox } from './sandbox.ts'

export { Outbound } from './outbound.ts'

interface SandboxEnvironment {
  LOADER: WorkerLoader
}

/** Transforms by their hash, as far as told. A collector tells one again when it is not there. */
const transforms = new Map<string, EdgeTransform>()
/** Transforms that are remembered; past it the memory starts anew. */
const maxTransforms = 500

/**
 * The sandbox of a collector of one's own: a workerd of its own, which knows no secret and can be ended when a transform
 * hangs it, because workerd bounds neither time nor memory. `PUT /transform/HASH` tells a transform, `POST` runs it: 200 with
 * the result as it is, 202 with what else came of it as JSON (`Ran`), 404 when it was not told.
 */
export default {
  async fetch(request, env) {
    const hash = request.url.slice(request.url.lastIndexOf('/') + 1)
    if (request.method === 'PUT') {
      if (transforms.size >= maxTransforms) transforms.clear()
      transforms.set(hash, await request.json())
      return new Response()
    }
    const input = await request.text()
    const transform = transforms.get(hash)
    if (transform === undefined) return new Response(undefined, { status: 404 })
    const ran = await loadedSandbox(env.LOADER)(transform, input)
    return ran.kind === 'done' && ran.logs.length === 0 ? new Response(ran.result) : Response.json(ran, { status: 202 })
  },
} satisfies ExportedHandler<SandboxEnvironment>
