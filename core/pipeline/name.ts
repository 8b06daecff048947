/** Letters that do not decompose into a base and a mark. */
const letters: Record<string, string> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd' }

/** snake_case for the warehouse: `lineItems`, `Line Items` and `line-items` are all `line_items`. Never empty. */
export function snakeCase(name: string): string {
  const snake = name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[ßæœøłđ]/gi, (letter) => letters[letter.toLowerCase()]!)
    .replaceAll(/([\p{Ll}\d])(\p{Lu})/gu, '$1_$2')
    .replaceAll(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, '$1_$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]+/g, '_')
    .replaceAll(/(?!^)_{2,}/g, '_')
    .replaceAll(/(?<=[^_])_+$/g, '')
  if (snake === '' || /^_+$/.test(snake)) return 'field'
  return /^\d/.test(snake) ? `_${snake}` : snake
}

/** The name, or with a number after it where it is taken. */
export function freeName(name: string, isTaken: (candidate: string) => boolean): string {
  if (!isTaken(name)) return name
  for (let number = 2; ; number++) if (!isTaken(`${name}_${number}`)) return `${name}_${number}`
}
