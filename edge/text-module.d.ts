/** A file of a package brought in as text, by `with { type: 'text' }`. */
declare module '@segment/analytics-next/dist/umd/*' {
  const text: string
  export default text
}
