import type { ArgumentReader } from '../argument.ts'
import type { Budget } from '../budget.ts'
import type { Value } from '../value.ts'

/** An attribute of a value as expressions reach it; undefined where there is none. */
export type Reach = (value: Value, name: string) => Value | undefined

export type Method<Self> = (self: Self, args: ArgumentReader, budget: Budget, reach: Reach) => Value
