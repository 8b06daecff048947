/** A text of Cap'n Proto's schema language. */
export function capnpText(value: string): string {
  return JSON.stringify(value)
}
