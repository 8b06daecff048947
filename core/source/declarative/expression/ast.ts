import type { BinaryOperator } from './operate.ts'
import type { Value } from './value.ts'

export type Expression =
  | { kind: 'constant'; value: Value }
  | { kind: 'name'; name: string }
  | { kind: 'list'; items: Expression[]; tuple: boolean }
  | { kind: 'dict'; entries: [Expression, Expression][] }
  | { kind: 'attribute'; of: Expression; name: string }
  | { kind: 'item'; of: Expression; key: Expression }
  | { kind: 'slice'; of: Expression; start?: Expression | undefined; stop?: Expression | undefined; step?: Expression | undefined }
  | { kind: 'call'; of: Expression; args: ArgumentList }
  | { kind: 'filter'; of: Expression; name: string; args: ArgumentList }
  | { kind: 'test'; of: Expression; name: string; args: ArgumentList; negated: boolean }
  | { kind: 'unary'; operator: '-' | '+' | 'not'; of: Expression }
  | { kind: 'binary'; operator: BinaryOperator; left: Expression; right: Expression }
  | { kind: 'concat'; parts: Expression[] }
  | { kind: 'logic'; operator: 'and' | 'or'; left: Expression; right: Expression }
  | { kind: 'compare'; left: Expression; chain: { operator: Comparison; right: Expression }[] }
  | { kind: 'choose'; condition: Expression; chosen: Expression; otherwise?: Expression | undefined }

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in'

export interface ArgumentList {
  positional: Expression[]
  named: [name: string, value: Expression][]
}

export type Statement =
  | { kind: 'text'; text: string }
  | { kind: 'print'; expression: Expression }
  | { kind: 'if'; branches: { condition: Expression; body: Statement[] }[]; otherwise: Statement[] }
  | {
      kind: 'for'
      target: LoopTarget
      over: Expression
      filter?: Expression | undefined
      body: Statement[]
      otherwise: Statement[]
    }
  | { kind: 'set'; targets: Target[]; value: Expression }
  | { kind: 'set-block'; target: Target; filters: FilterCall[]; body: Statement[] }
  | { kind: 'filter-block'; filters: FilterCall[]; body: Statement[] }
  | { kind: 'with'; values: [name: string, value: Expression][]; body: Statement[] }

/** A name, or several that an item is unpacked into. */
export type LoopTarget = string | LoopTarget[]

export interface FilterCall {
  name: string
  args: ArgumentList
}

/** `name`, or `namespace.name`. */
export interface Target {
  name: string
  attribute?: string
}
