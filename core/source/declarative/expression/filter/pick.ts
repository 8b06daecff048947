import type { ArgumentReader } from '../argument.ts'
import { iterate } from '../iterate.ts'
import { isTrue } from '../operate.ts'
import { toText } from '../text.ts'
import { List, Undefined, type Value } from '../value.ts'
import { type Filter, type FilterContext, mismatch, path } from './define.ts'

/** The filters that apply something to each item, or take one thing for another. */
export const pickFilters: Record<string, Filter> = {
  attr: (value, args, context) => context.attribute(value, args.text('name')),
  d: (value, args) => fallback(value, args),
  default: (value, args) => fallback(value, args),
  map: (value, args, context) => {
    const items = itemsOf(value)
    const [first, ...rest] = args.rest()
    const named = args.restNamed()
    const { attribute, default: otherwise, ...unknown } = Object.fromEntries(named)
    if (first === undefined && attribute !== undefined && Object.keys(unknown).length === 0) {
      return List.of(items.map((item) => orElse(path(item, attribute, context), otherwise)))
    }
    if (typeof first !== 'string') return mismatch('map', first ?? null)
    return List.of(items.map((item) => context.filter(first, item, { positional: rest, named: new Map(named) })))
  },
  reject: (value, args, context) => select(value, args, context, false),
  rejectattr: (value, args, context) => selectByAttribute(value, args, context, false),
  select: (value, args, context) => select(value, args, context, true),
  selectattr: (value, args, context) => selectByAttribute(value, args, context, true),
}

/** Of what is false, such as None, nothing: only what is true is gone through. */
function itemsOf(value: Value): Value[] {
  return isTrue(value) ? iterate(value) : []
}

function fallback(value: Value, args: ArgumentReader): Value {
  const otherwise = args.optionalOr('default_value', '')
  const whenFalse = args.flag('boolean', false)
  return value instanceof Undefined || (whenFalse && !isTrue(value)) ? otherwise : value
}

function orElse(value: Value, otherwise: Value | undefined): Value {
  return value instanceof Undefined && otherwise !== undefined ? otherwise : value
}

function select(value: Value, args: ArgumentReader, context: FilterContext, wanted: boolean): Value {
  const passes = tester(args, context)
  return List.of(itemsOf(value).filter((item) => passes(item) === wanted))
}

function selectByAttribute(value: Value, args: ArgumentReader, context: FilterContext, wanted: boolean): Value {
  const name = args.required('attribute')
  const passes = tester(args, context)
  return List.of(itemsOf(value).filter((item) => passes(path(item, name, context)) === wanted))
}

/** The test that is named, with what follows as its arguments; without one, whether it is true. */
function tester(args: ArgumentReader, context: FilterContext): (item: Value) => boolean {
  const name = args.optional('name')
  const positional = args.rest()
  return (item) => (name === undefined ? isTrue(item) : context.test(toText(name), item, { positional, named: new Map() }))
}
