import type { EdgeTransform } from '#core/event/edge-config.ts'

/** An error of a transform with its stack, in the lines of the user's file. */
export function storyFrom({ name, lines }: EdgeTransform, message: string, stack: string | undefined): string {
  const frames = (stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !line.includes('guest.js'))
    .map((line) => placed(line, name, lines))
  return [placed(message, name, lines), ...frames].join('\n')
}

function placed(text: string, name: string, lines: readonly number[]): string {
  return text.replaceAll(/\btransform\.js:(\d+)(:\d+)?/g, (_place, line: string) => {
    const written = lines[Number(line) - 1]
    return `transforms/${name}.ts${written ? `:${written}` : ''}`
  })
}
