import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const css = readFileSync(fileURLToPath(new URL('../../../desktop/renderer/style/tokens.css', import.meta.url)), 'utf8')

/** Every colour of the design system: its light and its dark value. */
const colours = new Map(
  [...css.matchAll(/--([\w-]+):\s*(?:light-dark\((#\w{6}),\s*(#\w{6})\)|(#\w{6}));/g)].map(([, name, light, dark, both]) => [
    name!,
    { light: light ?? both!, dark: dark ?? both! },
  ]),
)

const grounds = ['ground', 'surface', 'raised', 'sunken', 'hover']
const pairs: [text: string, ground: string][] = [
  ...['text', 'text-quiet', 'text-faint', 'accent', 'error', 'ok', 'warning', 'info'].flatMap((text) =>
    grounds.map((ground): [string, string] => [text, ground]),
  ),
  ...['text', 'text-quiet', 'accent'].map((text): [string, string] => [text, 'accent-soft']),
  ...['ok', 'warning', 'error', 'info'].flatMap((tone): [string, string][] => [
    [tone, `${tone}-soft`],
    ['text', `${tone}-soft`],
    ['text-quiet', `${tone}-soft`],
  ]),
  ...['keyword', 'string', 'number', 'type', 'comment'].flatMap((part): [string, string][] => [
    [`code-${part}`, 'surface'],
    [`code-${part}`, 'sunken'],
  ]),
  ['on-accent', 'accent-solid'],
  ['on-accent', 'accent-solid-hover'],
]

describe.each(['light', 'dark'] as const)('the colours, %s', (mode) => {
  it.each(pairs)('%s on %s can be read (WCAG 2.2, 1.4.3: 4.5 to 1)', (text, ground) => {
    expect(contrast(colours.get(text)![mode], colours.get(ground)![mode])).toBeGreaterThanOrEqual(4.5)
  })

  it.each(['ok-mark', 'warning-mark', 'error-mark', 'info-mark', 'idle-mark', 'line-control'].map((mark) => [mark]))(
    '%s can be told from the surface',
    (mark) => {
      // Marks always stand beside a word that says the same, so they need not reach the 3:1 of WCAG 1.4.11; they must be seen.
      expect(contrast(colours.get(mark)![mode], colours.get('surface')![mode])).toBeGreaterThanOrEqual(2.2)
    },
  )
})

/** WCAG's contrast ratio of two colours, #rrggbb. */
function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].toSorted((x, y) => y - x)
  return (light! + 0.05) / (dark! + 0.05)
}

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
}
