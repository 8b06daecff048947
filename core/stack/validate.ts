import type { z } from 'zod'
import type { Place } from '../lib/error.ts'
import { didYouMean } from '../lib/suggest.ts'
import { nearest } from './check.ts'
import { modelGraph } from './model-graph.ts'
import { findReferences, positionAt } from './reference.ts'
import { mapStrings, placeholders, replacePlaceholders, unknownPlaceholder } from './resolve.ts'
import type { Resolver } from './resolver.ts'
import type { Definition, Problem, Stack } from './stack.ts'

/** What the host has, as far as a stack can refer to it. */
export interface Known {
  /** Connectors of the registry; with their config schema, the files' config is checked too. */
  sources: readonly KnownConnector[]
  webhookSources: readonly KnownConnector[]
  destinations: readonly KnownDestination[]
  /** Without it, secrets and variables are not looked up. */
  resolver?: Resolver
}

export interface KnownConnector {
  name: string
  config?: z.ZodType
}

export interface KnownDestination extends KnownConnector {
  /** Absent: it takes events alone, and no sync can send to it. */
  rows?: object
  /** Absent: it takes no events. */
  events?: object
}

/** What only shows across files: names that lead nowhere, cycles, keys used twice. In the order of the files; without `stack.problems`. */
export function validateStack(stack: Stack, known: Known): Problem[] {
  const problems = [
    ...checkConnectors(stack, known),
    ...checkStreams(stack, known),
    ...checkWriteKeys(stack),
    ...checkPlans(stack),
    ...checkTransforms(stack),
    ...checkReferences(stack),
    ...checkCycles(stack),
    ...checkSyncs(stack, known),
    ...(known.resolver === undefined ? [] : checkPlaceholders(stack, known.resolver)),
  ]
  return problems.toSorted((a, b) => compare(a.at?.file ?? '', b.at?.file ?? '') || (a.at?.line ?? 0) - (b.at?.line ?? 0))
}

/** What is wrong with the references of a piece of a stack's SQL; `place` says where an offset of it stands. */
export function referenceProblems(stack: Stack, sql: string, place: (offset: number) => Place): Problem[] {
  return findReferences(sql).flatMap((reference): Problem[] => {
    const at = place(reference.start)
    if (reference.kind === 'model') {
      const names = stack.models.map(({ name }) => name)
      if (names.includes(reference.name) || isBroken(stack, 'models', reference.name)) return []
      return [problem('unknown-ref', at, `There is no model "${reference.name}".`, didYouMean(reference.name, names, 'models'))]
    }
    const etl = stack.sources.filter(({ content }) => content.kind === 'etl')
    const source = stack.sources.find(({ name }) => name === reference.source)
    if (source === undefined) {
      if (isBroken(stack, 'sources', reference.source)) return []
      const names = etl.map(({ name }) => name)
      return [problem('unknown-ref', at, `There is no source "${reference.source}".`, didYouMean(reference.source, names, 'ETL sources'))]
    }
    if (source.content.kind !== 'etl') {
      const mend = `Its events are in the database events: events.tracks, events.${reference.table}, …`
      return [problem('unknown-ref', at, `The source "${source.name}" (${source.content.kind}) has no tables of its own.`, mend)]
    }
    const streams = source.content.streams === undefined ? undefined : Object.keys(source.content.streams)
    if (streams === undefined || streams.some((stream) => tableOf(stream) === tableOf(reference.table))) return []
    const mend = didYouMean(reference.table, streams, 'streams')
    return [problem('unknown-ref', at, `The source "${source.name}" reads no stream "${reference.table}".`, mend)]
  })
}

function checkReferences(stack: Stack): Problem[] {
  const inFile = (path: string, text: { sql: string; line: number }) =>
    referenceProblems(stack, text.sql, (offset) => {
      const { line, column } = positionAt(text.sql, offset)
      return { file: path, line: text.line + line - 1, column }
    })
  const inField = (definition: Definition<unknown>, field: string, sql: string | undefined) =>
    sql === undefined ? [] : referenceProblems(stack, sql, () => placeOf(definition, field))
  return [
    ...stack.models.flatMap((model) => [
      ...inFile(model.path, model.content),
      ...model.content.tests.flatMap((test, index) => ('no_rows' in test ? inField(model, `tests.${index}.no_rows`, test.no_rows) : [])),
    ]),
    ...stack.traits.flatMap((trait) => {
      if (trait.content.form === 'sql') return inFile(trait.path, trait.content)
      return [...inField(trait, 'from', trait.content.trait.from), ...inField(trait, 'where', trait.content.trait.where)]
    }),
    ...stack.syncs.flatMap((sync) => [...inField(sync, 'from', sync.content.from), ...inField(sync, 'where', sync.content.where)]),
  ]
}

function checkCycles(stack: Stack): Problem[] {
  return modelGraph(stack.models).cycles.map((cycle) => {
    const model = stack.models.find(({ name }) => name === cycle[0])!
    return cycleProblem(model, cycle)
  })
}

export function cycleProblem(model: Definition<{ sql: string; line: number }>, cycle: readonly string[]): Problem {
  const reference = findReferences(model.content.sql).find((found) => found.kind === 'model' && found.name === cycle[1])
  const { line, column } = positionAt(model.content.sql, reference?.start ?? 0)
  const at = { file: model.path, line: model.content.line + line - 1, column }
  return problem('model-cycle', at, `These models need each other in a circle: ${cycle.join(' → ')}.`, 'Remove one of these references.')
}

function checkConnectors(stack: Stack, known: Known): Problem[] {
  const check = (definition: Definition<{ connector: string; config: unknown }>, connectors: readonly KnownConnector[]): Problem[] => {
    const { connector: name, config } = definition.content
    const connector = connectors.find((candidate) => candidate.name === name)
    if (connector === undefined) {
      const names = connectors.map((candidate) => candidate.name)
      return [
        problem(
          'unknown-connector',
          placeOf(definition, 'connector'),
          `There is no connector "${name}".`,
          didYouMean(name, names, 'connectors'),
        ),
      ]
    }
    return connector.config === undefined ? [] : checkConfig(definition, connector.config, config, known.resolver)
  }
  return [
    ...stack.sources.flatMap(({ content, ...rest }) =>
      content.kind === 'sdk' ? [] : check({ ...rest, content }, content.kind === 'etl' ? known.sources : known.webhookSources),
    ),
    ...stack.destinations.flatMap((destination) => check(destination, known.destinations)),
  ]
}

/** The connector's settings, with variables filled in; what hangs on a secret's value shows only when it is used. */
function checkConfig(definition: Definition<unknown>, schema: z.ZodType, config: unknown, resolver: Resolver | undefined): Problem[] {
  const open = new Set<string>()
  const filled = mapStrings(config, (text, path) =>
    replacePlaceholders(text, ({ kind, name }) => {
      const value = kind === 'var' ? resolver?.variable(name) : undefined
      if (value === undefined) open.add(path)
      return value ?? 'placeholder'
    }),
  )
  const result = schema.safeParse(filled)
  if (result.success) return []
  return result.error.issues.flatMap((issue): Problem[] => {
    const field = issue.path.map(String).join('.')
    if (open.has(field)) return []
    const at = placeOf(definition, ['config', field].filter(Boolean).join('.'))
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => problem('unknown-key', at, `"${key}" is not a setting of this connector.`, undefined))
    }
    return [problem('invalid-setting', at, `${field || 'config'}: ${issue.message.replace(/^Invalid input: /, '')}.`, undefined)]
  })
}

function checkWriteKeys(stack: Stack): Problem[] {
  const owners = new Map<string, string>()
  return stack.sources.flatMap((source): Problem[] => {
    if (source.content.kind === 'etl') return []
    const owner = owners.get(source.content.write_key)
    owners.set(source.content.write_key, source.path)
    if (owner === undefined) return []
    const mend = 'Give each source a key of its own: the collector tells them apart by it.'
    return [problem('duplicate-write-key', placeOf(source, 'write_key'), `The write key is that of ${owner} too.`, mend)]
  })
}

function checkPlans(stack: Stack): Problem[] {
  const names = stack.plans.map(({ name }) => name)
  return stack.sources.flatMap((source): Problem[] => {
    const plan = source.content.kind === 'etl' ? undefined : source.content.plan
    if (plan === undefined || names.includes(plan) || isBroken(stack, 'plans', plan)) return []
    return [problem('unknown-plan', placeOf(source, 'plan'), `There is no plan "${plan}".`, didYouMean(plan, names, 'plans'))]
  })
}

function checkTransforms(stack: Stack): Problem[] {
  const names = stack.transforms.map(({ name }) => name)
  return stack.sources.flatMap((source): Problem[] => {
    if (source.content.kind === 'etl') return []
    return source.content.transforms.flatMap((name, index): Problem[] => {
      if (names.includes(name) || isBroken(stack, 'transforms', name)) return []
      const at = placeOf(source, `transforms.${index}`)
      return [problem('unknown-transform', at, `There is no transform "${name}".`, didYouMean(name, names, 'transforms'))]
    })
  })
}

/** The `events` part of destinations: the connector takes events, and their sources are there. */
function checkStreams(stack: Stack, known: Known): Problem[] {
  const streaming = stack.sources.filter(({ content }) => content.kind !== 'etl').map(({ name }) => name)
  return stack.destinations.flatMap((destination): Problem[] => {
    const { connector: name, events } = destination.content
    if (events === undefined) return []
    const found: Problem[] = []
    const connector = known.destinations.find((candidate) => candidate.name === name)
    if (connector !== undefined && connector.events === undefined) {
      const others = known.destinations.filter((candidate) => candidate.events !== undefined).map((candidate) => candidate.name)
      const mend = others.length === 0 ? 'Remove "events".' : `Remove "events", or use one of: ${others.join(', ')}.`
      found.push(problem('no-events', placeOf(destination, 'events'), `The connector "${name}" takes no events.`, mend))
    }
    for (const [index, source] of (events.sources ?? []).entries()) {
      if (streaming.includes(source) || isBroken(stack, 'sources', source)) continue
      const etl = stack.sources.some((other) => other.name === source)
      const message = etl ? `The source "${source}" is read, and sends no events.` : `There is no source "${source}".`
      const mend = didYouMean(source, streaming, 'sources of events')
      found.push(problem('unknown-source', placeOf(destination, `events.sources.${index}`), message, mend))
    }
    return found
  })
}

function checkSyncs(stack: Stack, known: Known): Problem[] {
  const names = stack.destinations.map(({ name }) => name)
  return stack.syncs.flatMap((sync): Problem[] => {
    const { destination, fields } = sync.content
    const found: Problem[] = []
    if (!names.includes(destination) && !isBroken(stack, 'destinations', destination)) {
      const message = `There is no destination "${destination}".`
      found.push(problem('unknown-destination', placeOf(sync, 'destination'), message, didYouMean(destination, names, 'destinations')))
    }
    const file = stack.destinations.find(({ name }) => name === destination)
    const connector = known.destinations.find(({ name }) => name === file?.content.connector)
    if (connector !== undefined && connector.rows === undefined) {
      const message = `The connector ${connector.name} takes events, and no rows of the warehouse.`
      const able = known.destinations.flatMap(({ name, rows }) => (rows === undefined ? [] : [name]))
      found.push(problem('rows-unsupported', placeOf(sync, 'destination'), message, `These take rows: ${able.join(', ')}.`))
    }
    if (Object.keys(fields).length === 0) {
      found.push(
        problem(
          'invalid-setting',
          placeOf(sync, 'fields'),
          'The sync sends no fields.',
          "Add a line to fields: the tool's field, and what it is filled with.",
        ),
      )
    }
    return found
  })
}

function checkPlaceholders(stack: Stack, resolver: Resolver): Problem[] {
  const found: Problem[] = []
  const check = (definition: Pick<Definition<unknown>, 'path' | 'places'>, content: unknown) => {
    mapStrings(content, (text, field) => {
      for (const placeholder of placeholders(text)) {
        const { kind, name } = placeholder
        if ((kind === 'secret' ? resolver.secret(name) : resolver.variable(name)) !== undefined) continue
        found.push({ ...unknownPlaceholder(placeholder, placeOf(definition, field)).toJSON(), severity: 'error' })
      }
      return text
    })
  }
  for (const definition of [...stack.sources, ...stack.destinations]) check(definition, definition.content)
  check({ path: 'millrace.yaml', places: {} }, { warehouse: stack.file.warehouse, edge: stack.file.edge })
  return found
}

/** Whether there is such a file, which could not be read: its own problem says so. */
export function isBroken(stack: Stack, folder: string, name: string): boolean {
  return stack.problems.some(({ at, severity }) => {
    const path = at?.file ?? ''
    return severity === 'error' && path.startsWith(`${folder}/`) && path.slice(path.lastIndexOf('/') + 1).split('.')[0] === name
  })
}

function placeOf(definition: Pick<Definition<unknown>, 'path' | 'places'>, field: string): Place {
  return { file: definition.path, ...nearest(definition.places, field.split('.')), ...(field === '' ? {} : { field }) }
}

function problem(code: string, at: Place, message: string, mend: string | undefined): Problem {
  return { severity: 'error', code, fault: 'config', retryable: false, message, at, ...(mend === undefined ? {} : { mend }) }
}

/** A stream's table name differs from its stream name in case and punctuation only. */
function tableOf(stream: string): string {
  return stream.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_')
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
