import { MillraceError } from '../../../lib/error.ts'
import type { Json, JsonObject } from '../../../lib/json.ts'
import { customOf } from '../custom.ts'
import type { Context } from '../interpolation.ts'
import type { ExtractorComponent } from '../manifest/record-component.ts'
import { customPlace, type Engine } from './engine.ts'
import { isObject, valueAt, valuesAt } from './path.ts'

/** The records in a decoded body. */
export function extractRecords(body: Json, extractor: ExtractorComponent, context: Context, engine: Engine): JsonObject[] {
  return extractValues(body, extractor, context, engine).map((item) => {
    if (isObject(item)) return item
    const path = extractor.type === 'DpathExtractor' ? ` [${extractor.field_path.join(', ')}]` : ''
    throw new MillraceError({
      code: 'source-answer',
      fault: 'config',
      message: `The path${path} of the answer leads to ${JSON.stringify(item).slice(0, 80)}, and records are objects.`,
      mend: "Correct the extractor's field_path in the manifest.",
    })
  })
}

/** What an extractor finds in a decoded body, of any type: records, an address, a status. */
export function extractValues(body: Json, extractor: ExtractorComponent, context: Context, engine: Engine): Json[] {
  switch (extractor.type) {
    case 'DpathExtractor': {
      const path = extractor.field_path.map((part) => engine.interpolation.text(part, extractor.$parameters, context))
      const found = atPath(body, path)
      // The CDK reads a list at the top item by item.
      return found.length === 0 && path.length > 0 && Array.isArray(body) ? body.flatMap((item) => atPath(item, path)) : found
    }
    case 'KeyValueExtractor': {
      const keys = extractValues(body, extractor.keys_extractor, context, engine).map(String)
      const values = extractValues(body, extractor.values_extractor, context, engine)
      return keys.length === 0 ? [] : inRows(values, keys)
    }
    case 'CombinedExtractor': {
      const columns = extractor.extractors.map((each) => extractValues(body, each, context, engine).filter(isObject))
      const count = Math.min(...columns.map(({ length }) => length))
      return Array.from({ length: count }, (_, index) => Object.assign({}, ...columns.map((column) => column[index])) as JsonObject)
    }
    // Its decoder has read the file's rows already.
    case 'ResponseToFileExtractor':
      return Array.isArray(body) ? body : [body]
    case 'CustomRecordExtractor':
      return customOf(engine.custom, extractor)(body, customPlace(extractor, context, engine))
  }
}

/** One object or a list of them: what a path leads to; nothing where it leads nowhere. */
function atPath(body: Json, path: readonly string[]): Json[] {
  if (path.some((part) => part === '*' || part === '**')) return valuesAt(body, path)
  const found = valueAt(body, path)
  if (Array.isArray(found)) return found
  return !found || (isObject(found) && Object.keys(found).length === 0) ? [] : [found]
}

function inRows(values: readonly Json[], keys: readonly string[]): JsonObject[] {
  const rows: JsonObject[] = []
  for (let start = 0; start < values.length; start += keys.length) {
    const row = values.slice(start, start + keys.length)
    rows.push(Object.fromEntries(row.map((value, index) => [keys[index]!, value])))
  }
  return rows
}
