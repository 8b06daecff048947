/** `guest.js`, brought in as text by `with { type: 'text' }`. */
declare module '*/guest.js' {
  const text: string
  export default text
}
