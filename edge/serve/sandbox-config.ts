import { capnpText } from './capnp-text.ts'

/**
 * workerd's configuration of the sandbox of transforms (its workerd.capnp is the reference): no secret, no disk, and two
 * ways out that only `transform/outbound.ts` can take. Heaps are bound, in MB; a heap that is full ends the process.
 */
export function sandboxConfig(options: { module: string; socket: string }): string {
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "sandbox", worker = .sandbox),
    (name = "public", network = (allow = ["public"], tlsOptions = (trustBrowserCas = true))),
    (name = "private", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [(name = "http", address = ${capnpText(`unix:${options.socket}`)}, http = (), service = "sandbox")],
  v8Flags = ["--max-heap-size=128"],
);

const sandbox :Workerd.Worker = (
  modules = [(name = "sandbox.js", esModule = embed ${capnpText(options.module)})],
  compatibilityDate = "2026-11-01",
  globalOutbound = "public",
  bindings = [
    (name = "LOADER", workerLoader = (id = "transforms")),
    (name = "PRIVATE", service = "private"),
  ],
);
`
}
