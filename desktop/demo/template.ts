import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseDocument } from 'yaml'
import { MillraceError } from '#core/lib/error.ts'

const templates = ['common', 'shop'].map((name) => new URL(`../template/${name}/`, import.meta.url))

/** Makes the shop's stack in `folder`, unless it holds one. What a user changed in it stays. Throws `folder-not-empty`. */
export async function copyShop(folder: string): Promise<void> {
  if (existsSync(join(folder, 'millrace.yaml'))) return
  await mkdir(folder, { recursive: true })
  if ((await readdir(folder)).some((name) => !name.startsWith('.'))) {
    throw new MillraceError({
      code: 'folder-not-empty',
      fault: 'config',
      message: `${folder} holds files, but no millrace.yaml.`,
      at: { file: folder },
      mend: 'Choose an empty folder for the demo.',
    })
  }
  for (const template of templates) await cp(template, folder, { recursive: true })
}

/** Sets variables in the folder's millrace.yaml; all else in it stays as it is, comments too. Throws `invalid-yaml`. */
export async function setVariables(folder: string, variables: Record<string, string>): Promise<void> {
  const path = join(folder, 'millrace.yaml')
  const document = parseDocument(await readFile(path, 'utf8'))
  const [broken] = document.errors
  if (broken !== undefined) {
    throw new MillraceError({
      code: 'invalid-yaml',
      fault: 'config',
      message: broken.message,
      at: { file: path, ...(broken.linePos && { line: broken.linePos[0].line, column: broken.linePos[0].col }) },
      mend: 'Mend the file, or delete the folder for a fresh demo.',
    })
  }
  for (const [name, value] of Object.entries(variables)) document.setIn(['variables', name], value)
  await writeFile(path, document.toString())
}
