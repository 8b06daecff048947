import { z } from 'zod'
import type { KnownConnector } from './known-connectors.ts'
import { commentLines, type SettingSchema, settingsLines } from './settings-lines.ts'

/**
 * The text of `sources/<name>.yaml` for a connector: every setting with its comment, those that must be set with a place
 * for their value. `manifest`: of a connector manifest, its path in the stack and the JSON Schema of its settings.
 */
export function sourceSkeleton(name: string, connector: KnownConnector, manifest?: { path: string; spec: SettingSchema }): string {
  const { kind } = connector
  const secretName = (path: readonly string[]) => [name, ...path].join('_').toUpperCase().replaceAll(/\W+/g, '_')
  const settings =
    manifest === undefined
      ? settingsLines(schemaOf(connector.config), secretName)
      : [`manifest: ${JSON.stringify(manifest.path)}`, ...manifestSettings(manifest.spec, secretName)]
  const isActive = settings.some((line) => !line.startsWith('#'))
  const config = isActive ? ['config:', ...settings.map((line) => `  ${line}`)] : ['#config:', ...settings.map((line) => `#  ${line}`)]
  return [
    ...commentLines(`${connector.title}: ${connector.description}`),
    `kind: ${kind}`,
    `connector: ${connector.name}`,
    ...(kind === 'webhook'
      ? ['# What the tool is told to put after ?key= where it signs nothing.', `write_key: \${secret:${secretName(['write_key'])}}`]
      : []),
    ...(settings.length === 0 ? [] : config),
    ...(kind === 'etl' ? etlEnd : []),
    '',
  ].join('\n')
}

const etlEnd = [
  '# Streams to read; without it, all that `millrace source discover` shows.',
  '#streams:',
  '#  name_of_a_stream: {}',
  '# A cron pattern or an interval; without it, it runs on demand.',
  '#schedule: every 15 minutes',
]

function manifestSettings(spec: SettingSchema, secretName: (path: readonly string[]) => string): string[] {
  const inner = settingsLines(spec, secretName)
  if (inner.length === 0) return []
  const isActive = inner.some((line) => !line.startsWith('#'))
  return isActive ? ['config:', ...inner.map((line) => `  ${line}`)] : ['#config:', ...inner.map((line) => `#  ${line}`)]
}

function schemaOf(config: z.ZodType): SettingSchema {
  return z.toJSONSchema(config, { io: 'input', unrepresentable: 'any' }) as SettingSchema
}
