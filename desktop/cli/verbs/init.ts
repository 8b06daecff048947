import { randomBytes } from 'node:crypto'
import { cp, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Command, Option } from 'commander'
import { MillraceError } from '#core/lib/error.ts'
import { verb } from '../verb.ts'

export function addInit(program: Command): void {
  verb<[string | undefined]>(
    program
      .command('init [dir]')
      .description('make a stack')
      .addOption(new Option('--template <name>', 'what it starts with').choices(['empty', 'shop']).default('empty')),
    async ({ stack, output }, options, dir) => {
      const folder = resolve(dir ?? stack ?? '.')
      // What every stack begins with, and what this one does.
      const templates = ['common', options['template']].map((name) => fileURLToPath(new URL(`../../template/${name}`, import.meta.url)))
      await mkdir(folder, { recursive: true })
      const taken = (await readdir(folder)).filter((name) => name !== '.git')
      if (taken.length > 0) {
        throw new MillraceError({
          code: 'folder-not-empty',
          fault: 'config',
          message: `${folder} is not empty (it holds ${taken.slice(0, 3).join(', ')}${taken.length > 3 ? ', …' : ''}).`,
          mend: 'Name a new folder: `millrace init my_stack`.',
        })
      }
      for (const template of templates) await cp(template, folder, { recursive: true })
      await personalize(folder)
      output.result({ folder, template: options['template'] }, `A stack is in ${folder}. Start it with: millrace up --stack ${dir ?? '.'}`)
      return 'done'
    },
  )
}

/** What no two stacks share: write keys. And npm keeps no file named .gitignore, so the template's has another name. */
async function personalize(folder: string): Promise<void> {
  await rename(join(folder, 'gitignore'), join(folder, '.gitignore')).catch(ignoreMissing)
  const source = join(folder, 'sources/website.yaml')
  const text = await readFile(source, 'utf8').catch(ignoreMissing)
  if (text?.includes('WRITE_KEY')) await writeFile(source, text.replace('WRITE_KEY', randomBytes(18).toString('base64url')))
}

function ignoreMissing(thrown: NodeJS.ErrnoException): undefined {
  if (thrown.code !== 'ENOENT') throw thrown
}
