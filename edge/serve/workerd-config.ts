import { capnpText } from './capnp-text.ts'

/** Name of the environment variable of workerd that a setting comes from. */
export function variableOf(setting: string): string {
  return `MILLRACE_WORKER_${setting}`
}

/**
 * workerd's configuration (its workerd.capnp is the reference), beside the Worker's one module. Settings come from the
 * environment of the process, so that no secret is ever in a file.
 * @param options.module the Worker's one module, as seen from the configuration's own folder
 * @param options.sandboxSocket where the sandbox of transforms answers, and at `keeperSocket` who starts it
 */
export function workerdConfig(options: {
  module: string
  data: string
  port: number
  settings: readonly string[]
  sandboxSocket: string
  keeperSocket: string
}): string {
  const settings = options.settings.map((name) => `    (name = ${capnpText(name)}, fromEnvironment = ${capnpText(variableOf(name))}),`)
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "collector", worker = .collector),
    (name = "data", disk = (path = ${capnpText(options.data)}, writable = true)),
    (name = "sandbox", external = (address = ${capnpText(`unix:${options.sandboxSocket}`)}, http = ())),
    (name = "sandbox-keeper", external = (address = ${capnpText(`unix:${options.keeperSocket}`)}, http = ())),
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${options.port}", http = (), service = "collector")],
);

const collector :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed ${capnpText(options.module)})],
  compatibilityDate = "2026-11-01",
  globalOutbound = "internet",
  durableObjectNamespaces = [
    (className = "Spool", uniqueKey = "millrace-spool", enableSql = true, preventEviction = true),
    (className = "Publication", uniqueKey = "millrace-publication", enableSql = true),
    (className = "Users", uniqueKey = "millrace-users", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "data"),
  bindings = [
    (name = "SPOOL", durableObjectNamespace = "Spool"),
    (name = "PUBLICATION", durableObjectNamespace = "Publication"),
    (name = "USERS", durableObjectNamespace = "Users"),
    (name = "SANDBOX", service = "sandbox"),
    (name = "SANDBOX_KEEPER", service = "sandbox-keeper"),
${settings.join('\n')}
  ],
);
`
}
