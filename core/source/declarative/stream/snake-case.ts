/**
 * A key in snake_case as the CDK makes it: words begin with capitals or after what is no letter, digits
 * stand alone (`eventID2` → `event_id_2`), accents are dropped, other signs become underscores.
 */
export function snakeCase(key: string): string {
  const plain = key.normalize('NFKD').replaceAll(/\p{M}/gu, '')
  const words = [...plain.matchAll(/[A-Z]+[a-z]*|[a-z]+|\d+|[^A-Za-z\d]+/g)].map(([word]) =>
    /[A-Za-z\d]/.test(word) ? word.toLowerCase() : '',
  )
  // A sign in the middle only parts words; at either end it stays, as an underscore.
  const kept = words.filter((word, index) => word !== '' || index === 0 || index === words.length - 1)
  if (/^\d/.test(kept[0] ?? '')) kept.unshift('')
  return kept.join('_')
}
