import { XMLParser, XMLValidator } from 'fast-xml-parser'
import type { Json, JsonObject } from '../../../lib/json.ts'
import { unreadableBody } from './body.ts'

/**
 * XML as an object, by the conventions of Python's xmltodict, which the CDK reads it with: attributes
 * begin with `@`, the text beside them is `#text`, repeated elements are a list, an empty one is null,
 * and every value is a text.
 */
export function decodeXml(text: string): Json {
  const fault = XMLValidator.validate(text)
  if (fault !== true) throw unreadableBody('XML', new Error(`${fault.err.msg}, line ${fault.err.line}`))
  const parser = new XMLParser({
    attributeNamePrefix: '@',
    ignoreAttributes: false,
    ignoreDeclaration: true,
    ignorePiTags: true,
    parseAttributeValue: false,
    parseTagValue: false,
    textNodeName: '#text',
    trimValues: true,
  })
  return withNulls(parser.parse(text) as JsonObject)
}

function withNulls(value: Json): Json {
  if (value === '') return null
  if (Array.isArray(value)) return value.map(withNulls)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).map(([key, item]): [string, Json] => [key, key.startsWith('@') ? item : withNulls(item)])
  return Object.fromEntries(entries)
}
