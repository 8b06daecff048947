import { Day, Moment, Span } from '../../time/moment.ts'
import { ArgumentReader } from '../argument.ts'
import type { Budget } from '../budget.ts'
import { ExpressionError } from '../problem.ts'
import { type Arguments, Callable, Dict, List, typeName, type Value } from '../value.ts'
import type { Method } from './define.ts'
import { dictMethods, listMethods, tupleMethods } from './collection.ts'
import { textMethods } from './text.ts'
import { dayField, dayMethods, momentMethods, spanField, spanMethods, timeField } from './time.ts'

/** What Python's types have besides, and is not carried over: a null in its place would be wrong data. */
const unsupported: Record<string, ReadonlySet<string>> = {
  str: new Set(['encode', 'expandtabs', 'format_map', 'maketrans', 'translate']),
  dict: new Set(['fromkeys', 'popitem']),
  int: new Set([
    'as_integer_ratio',
    'bit_count',
    'bit_length',
    'conjugate',
    'denominator',
    'from_bytes',
    'imag',
    'numerator',
    'real',
    'to_bytes',
  ]),
  float: new Set(['as_integer_ratio', 'conjugate', 'fromhex', 'hex', 'imag', 'real']),
  datetime: new Set([
    'astimezone',
    'combine',
    'dst',
    'fold',
    'max',
    'min',
    'resolution',
    'strptime',
    'time',
    'timetuple',
    'timetz',
    'utctimetuple',
  ]),
  date: new Set(['max', 'min', 'resolution', 'timetuple']),
  timedelta: new Set(['max', 'min', 'resolution']),
}

/** An attribute or bound method of a value, as far as Python has it and it is harmless; undefined when there is none. */
export function attribute(value: Value, name: string, budget: Budget): Value | undefined {
  const found = find(value, name, budget)
  if (found === undefined && unsupported[typeName(value)]?.has(name) === true) {
    throw new ExpressionError('unknown', `${typeName(value)}.${name} is not supported`)
  }
  return found
}

function find(value: Value, name: string, budget: Budget): Value | undefined {
  if (typeof value === 'string') return bind(textMethods, value, name, budget)
  if (value instanceof Dict) return bind(dictMethods, value, name, budget)
  if (value instanceof List) return bind(value.tuple ? tupleMethods : listMethods, value, name, budget)
  if (typeof value === 'number') return bind(floatMethods, value, name, budget)
  if (value instanceof Moment) return timeField(value, name) ?? bind(momentMethods, value, name, budget)
  if (value instanceof Day) return dayField(value, name) ?? bind(dayMethods, value, name, budget)
  if (value instanceof Span) return spanField(value, name) ?? bind(spanMethods, value, name, budget)
  return undefined
}

const floatMethods: Record<string, Method<number>> = {
  is_integer: (self) => Number.isInteger(self),
}

function bind<Self extends Value>(methods: Record<string, Method<Self>>, self: Self, name: string, budget: Budget): Value | undefined {
  if (!Object.hasOwn(methods, name)) return undefined
  return new Callable(name, (args: Arguments) => {
    const reader = new ArgumentReader(`${typeName(self)}.${name}()`, args)
    if (typeof self === 'string') budget.spendText(self)
    // Building a list item by item is not to cost its square.
    else if (self instanceof List && name !== 'append') budget.spend(self.length)
    const result = methods[name]!(self, reader, budget, (value, inner) => attribute(value, inner, budget))
    reader.end()
    return result
  })
}
