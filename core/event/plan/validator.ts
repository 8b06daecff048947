import { type OutputUnit, type Schema, type SchemaDraft, Validator } from '@cfworker/json-schema'
import { parseJson } from '../parse.ts'
import { wellFormed } from '../rows.ts'
import { closed } from './close.ts'
import { comparable } from './comparable.ts'
import { type Fault, fault } from './fault.ts'
import type { JsonSchemaObject } from './schema-type.ts'
import { type Holds, plainlyHolds } from './plainly-holds.ts'

/** Keywords whose errors are followed by those that say what is wrong. */
const wrappers = new Set(
  (
    '$ref allOf if dependentSchemas properties patternProperties additionalProperties unevaluatedProperties propertyNames ' +
    'items prefixItems additionalItems unevaluatedItems'
  ).split(' '),
)
/** Keywords that fail as a whole: what each of their schemas says is of no use. */
const wholes = new Set(['anyOf', 'oneOf', 'contains'])

/**
 * Checks payloads with one schema. The validator interprets the schema, because a Worker may not compile code; all that
 * hangs on the schema alone is done once, here.
 */
export class PayloadValidator {
  readonly #schema: JsonSchemaObject
  readonly #validator: Validator
  readonly #plainlyHolds: Holds | undefined

  /** @param open lets objects have properties that the schema does not list */
  constructor(schema: JsonSchemaObject, open: boolean) {
    // The validator marks the schemas it is given, and would take an $id for the base of references.
    const { $id: _id, $schema, ...own } = structuredClone(schema)
    this.#schema = (open ? own : closed(own)) as JsonSchemaObject
    this.#plainlyHolds = plainlyHolds(this.#schema)
    this.#validator = new Validator(this.#schema as Schema, draftOf($schema), false)
  }

  /**
   * Everything in a payload that does not hold, each once; undefined when all holds. Never throws.
   * @returns with the payload that the keys of the faults lead into: the one given, unless it had keys that are not Unicode
   */
  check(payload: object): { payload: object; faults: Fault[] } | undefined {
    if (this.#plainlyHolds?.(payload) === true) return undefined
    const value = comparable(payload)
    try {
      const { valid, errors } = this.#validator.validate(value)
      return valid ? undefined : { payload, faults: [...this.#read(errors, value)] }
    } catch (thrown) {
      // The validator writes keys as a URI has them, which a lone surrogate has no way to be; neither has the warehouse.
      const mended = thrown instanceof URIError ? parseJson(wellFormed(JSON.stringify(payload))) : undefined
      if (mended?.ok) return this.check(mended.value as object)
      // More errors than the validator can hand on: tens of thousands of properties that are not planned.
      const message = 'has too much that is not as planned to tell it apart'
      return { payload, faults: [{ rule: 'invalid_value', keys: [], message }] }
    }
  }

  *#read(errors: readonly OutputUnit[], value: unknown): Generator<Fault> {
    const told = new Set<string>()
    let wrapper: OutputUnit | undefined
    let whole: string | undefined
    let names: string | undefined
    for (const error of errors) {
      const { keyword, keywordLocation } = error
      // The location of a `false` is not that of a keyword; it follows its wrapper.
      const inner = (of: string | undefined) => of !== undefined && (keyword === 'false' || keywordLocation.startsWith(`${of}/`))
      if (inner(whole)) continue
      whole = wholes.has(keyword) ? keywordLocation : undefined
      if (!inner(names)) names = keyword === 'propertyNames' ? keywordLocation : undefined
      if (wrappers.has(keyword)) {
        wrapper = error
        continue
      }
      for (const found of fault(error, {
        wrapper: names === undefined ? wrapper?.keyword : 'propertyNames',
        schema: this.#schema,
        value,
      })) {
        const place = JSON.stringify(found.keys)
        // A value of the wrong type breaks most other rules too.
        if (told.has(`${found.rule} ${place}`) || (found.rule === 'invalid_value' && told.has(`datatype_mismatch ${place}`))) continue
        told.add(`${found.rule} ${place}`)
        yield found
      }
    }
  }
}

function draftOf(name: unknown): SchemaDraft {
  if (typeof name !== 'string') return '2020-12'
  return name.includes('draft-07') ? '7' : name.includes('2019-09') ? '2019-09' : '2020-12'
}
