/**
 * Why an expression could not be parsed or evaluated. `undefined`: it reaches into something that is
 * not there (Jinja's UndefinedError, which some callers read as "no value"). `limit`: it asks for more
 * than an untrusted manifest may use.
 */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError'
  readonly kind: 'syntax' | 'unknown' | 'undefined' | 'type' | 'limit'

  constructor(kind: ExpressionError['kind'], message: string) {
    super(message)
    this.kind = kind
  }
}
