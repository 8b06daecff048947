import type { z } from 'zod'
import { sha256 } from '../event/message-id.ts'
import { planSchema } from '../event/plan/plan.ts'
import { MillraceError } from '../lib/error.ts'
import { nameSchema } from '../lib/identifier.ts'
import { suggest } from '../lib/suggest.ts'
import { checkYaml } from './check.ts'
import { mapStrings, replacePlaceholders, stackVariables, unknownPlaceholder } from './resolve.ts'
import {
  destinationFileSchema,
  modelConfigSchema,
  sourceFileSchema,
  type StackFile,
  stackFileSchema,
  syncFileSchema,
  traitFileSchema,
  traitSqlConfigSchema,
  type TransformConfig,
  transformConfigSchema,
} from './schema.ts'
import { parseSqlFile } from './sql-file.ts'
import type { Definition, Problem, Stack, StackFiles } from './stack.ts'
import { parseTransformFile } from './transform-file.ts'
import { parseYaml } from './yaml.ts'

/** Folders of a stack that this reads, and those that other parts do. */
const folders = ['sources', 'destinations', 'transforms', 'models', 'traits', 'syncs', 'plans']
const otherFolders = new Set(['audiences', 'manifests'])

/**
 * Reads a stack. A broken file never sinks the rest: it is left out, and what is wrong with it
 * stands in `problems`, with file, line, column and the mend. `${var:name}` in models, traits and
 * syncs is replaced here, by the variables of `environment`; in sources and destinations it stays,
 * beside the secrets, for `resolveConfig`. An environment that does not exist is a problem too. Throws what
 * `files.list` throws.
 */
export async function loadStack(files: StackFiles, options: { environment?: string | undefined } = {}): Promise<Stack> {
  const paths = (await files.list()).toSorted()
  const problems: Problem[] = []
  const file = await loadStackFile(files, paths, problems)
  const variables = chooseVariables(file, options.environment, problems)
  const stack: Stack = { file, sources: [], destinations: [], transforms: [], models: [], traits: [], syncs: [], plans: [], problems }

  for (const path of paths) {
    const folder = path.split('/')[0]!
    const [, name, extension] = /([^/]*)\.([^./]*)$/.exec(path) ?? []
    if (!path.includes('/') || name === undefined || extension === undefined || path.endsWith('.d.ts')) continue
    const kind = `${folder}/*.${extension}`
    if (!(kind in readers)) {
      const warning = misplaced(path, folder, extension)
      if (warning !== undefined) problems.push(warning)
      continue
    }
    const named = nameSchema.safeParse(name)
    if (!named.success) {
      problems.push(fileProblem('invalid-name', path, `The name "${name}" ${named.error.issues[0]!.message}.`, 'Rename the file.'))
      continue
    }
    const text = await readText(files, path, problems)
    if (text === undefined) continue
    const add = <Content>(list: Definition<Content>[], found: Read<Content>) => {
      problems.push(...found.problems)
      if (found.content === undefined) return
      const twin = list.find((other) => other.name === name)
      if (twin !== undefined) {
        problems.push(fileProblem('duplicate-name', path, `${twin.path} has the same name, "${name}".`, 'Rename one of the two files.'))
        return
      }
      list.push({ name, path, content: found.content, places: found.places })
    }
    const expand = <Content>(found: Read<Content>) => expandVariables(found, variables, path)
    if (kind === 'sources/*.yaml') add(stack.sources, readYaml(sourceFileSchema, text, path))
    else if (kind === 'destinations/*.yaml') add(stack.destinations, readYaml(destinationFileSchema, text, path))
    else if (kind === 'transforms/*.ts') add(stack.transforms, readTransform(text, path))
    else if (kind === 'models/*.sql') add(stack.models, expand(readSql(modelConfigSchema, text, path)))
    else if (kind === 'traits/*.yaml') {
      const found = readYaml(traitFileSchema, text, path)
      add(stack.traits, expand({ ...found, content: found.content && { form: 'typed', trait: found.content } }))
    } else if (kind === 'traits/*.sql') {
      const { content, ...found } = readSql(traitSqlConfigSchema, text, path)
      if (content === undefined) add(stack.traits, found)
      else {
        const { sql, line, ...trait } = content
        add(stack.traits, expand({ ...found, content: { form: 'sql', trait, sql, line } }))
      }
    } else if (kind === 'plans/*.yaml') add(stack.plans, await versioned(readYaml(planSchema, text, path)))
    else add(stack.syncs, expand(readYaml(syncFileSchema, text, path)))
  }
  return stack
}

const readers = {
  'sources/*.yaml': true,
  'destinations/*.yaml': true,
  'transforms/*.ts': true,
  'models/*.sql': true,
  'traits/*.yaml': true,
  'traits/*.sql': true,
  'syncs/*.yaml': true,
  'plans/*.yaml': true,
}

interface Read<Content> {
  content?: Content | undefined
  places: Definition<Content>['places']
  problems: Problem[]
}

async function loadStackFile(files: StackFiles, paths: readonly string[], problems: Problem[]): Promise<StackFile> {
  const path = 'millrace.yaml'
  const fallback: StackFile = { name: 'stack', variables: {}, environments: {} }
  if (!paths.includes(path)) {
    problems.push(
      fileProblem('missing-file', path, 'There is no millrace.yaml.', 'Add one with a line "name: my_stack", or run millrace init.'),
    )
    return fallback
  }
  const text = await readText(files, path, problems)
  if (text === undefined) return fallback
  const found = readYaml(stackFileSchema, text, path)
  problems.push(...found.problems)
  return found.content ?? fallback
}

function chooseVariables(file: StackFile, environment: string | undefined, problems: Problem[]): Record<string, string> {
  try {
    return stackVariables(file, environment)
  } catch (thrown) {
    if (!(thrown instanceof MillraceError)) throw thrown
    problems.push({ ...thrown.toJSON(), severity: 'error' })
    return file.variables
  }
}

/** A file that is there and cannot be read (rights, a folder of that name, gone meanwhile) is a problem of its own. */
async function readText(files: StackFiles, path: string, problems: Problem[]): Promise<string | undefined> {
  try {
    return await files.read(path)
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    problems.push(fileProblem('unreadable-file', path, `The file cannot be read: ${message}.`, 'Check its rights, and that it is a file.'))
    return undefined
  }
}

function readYaml<Content>(schema: z.ZodType<Content>, text: string, path: string): Read<Content> {
  const yaml = parseYaml(text, path)
  return { ...checkYaml(schema, yaml, path), places: yaml.values }
}

/** With a version: a hash of what it says, whatever the spaces and comments. */
async function versioned<Content extends object>({ content, ...found }: Read<Content>): Promise<Read<Content & { version: string }>> {
  if (content === undefined) return found
  return { ...found, content: { ...content, version: (await sha256(JSON.stringify(content))).slice(0, 12) } }
}

function readSql<Config>(schema: z.ZodType<Config>, text: string, path: string): Read<Config & { sql: string; line: number }> {
  const { config, sql, line, problems } = parseSqlFile(text, path)
  const checked = checkYaml(schema, config, path)
  const all = [...checked.problems, ...problems]
  const places = config.values
  return all.length > 0 || checked.content === undefined
    ? { places, problems: all }
    : { content: { ...checked.content, sql, line }, places, problems: all }
}

function readTransform(text: string, path: string): Read<TransformConfig & { code: string }> {
  const { config, code } = parseTransformFile(text, path)
  const { content, problems } = checkYaml(transformConfigSchema, config, path)
  return { content: content && { ...content, code }, places: config.values, problems }
}

function expandVariables<Content>(found: Read<Content>, variables: Record<string, string>, path: string): Read<Content> {
  if (found.content === undefined) return found
  const problems = [...found.problems]
  const content = mapStrings(found.content, (text, field) =>
    replacePlaceholders(text, (placeholder) => {
      const at = { file: path, ...found.places[field.replace(/^trait\./, '')], field }
      const { kind, name } = placeholder
      if (kind === 'var' && Object.hasOwn(variables, name)) return variables[name]!
      if (kind === 'var') problems.push({ ...unknownPlaceholder(placeholder, at).toJSON(), severity: 'error' })
      else {
        problems.push({
          severity: 'error',
          code: 'secret-in-sql',
          fault: 'config',
          retryable: false,
          message: `The secret ${name} cannot be used here: SQL is logged and shown.`,
          at,
          mend: 'Use secrets in sources, destinations and millrace.yaml only.',
        })
      }
      return `\${${kind}:${name}}`
    }),
  )
  return { content, places: found.places, problems }
}

const endings: Record<string, string> = { models: '.sql', traits: '.yaml or .sql', transforms: '.ts' }

/** A file that no part of Millrace reads, when it looks as if one should. */
function misplaced(path: string, folder: string, extension: string): Problem | undefined {
  if (!['yaml', 'yml', 'sql', 'ts', 'js'].includes(extension) || folder.startsWith('.') || otherFolders.has(folder)) return undefined
  const warn = (message: string, mend: string): Problem => ({ ...fileProblem('unread-file', path, message, mend), severity: 'warning' })
  if (folders.includes(folder)) {
    const wanted = endings[folder] ?? '.yaml'
    return warn(`Files of ${folder}/ end with ${wanted}; this one is not read.`, `Rename it to end with ${wanted}.`)
  }
  const near = suggest(folder, folders)
  return near === undefined ? undefined : warn(`The folder ${folder}/ is not read.`, `Did you mean "${near}/"?`)
}

function fileProblem(code: string, file: string, message: string, mend: string): Problem {
  return { severity: 'error', code, fault: 'config', retryable: false, message, at: { file }, mend }
}
