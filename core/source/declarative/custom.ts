import type { Json, JsonObject } from '../../lib/json.ts'
import type { Runtime } from '../../lib/runtime.ts'
import type { Context } from './interpolation.ts'
import type { Partition } from './stream/slice.ts'

/** Where a custom component stands: its own fields in the manifest, the source's config, and what expressions would see. */
export interface CustomPlace {
  component: Readonly<Record<string, unknown>>
  config: JsonObject
  context: Context
  runtime: Runtime
}

/** What a custom pagination strategy knows of a page. */
export interface CustomPage {
  response: Json
  headers: Record<string, unknown>
  /** Records of the page before filters, and the last one after them. */
  count: number
  last: JsonObject | undefined
}

/** An answer that a request is to be sent again after. */
export interface CustomAnswer {
  /** Undefined when there was none. */
  headers: Headers | undefined
  /** Tries so far: 1 after the first. */
  attempt: number
}

/** What a custom authenticator adds to a request. */
export interface CustomCredentials {
  headers?: Record<string, string>
  query?: Record<string, string>
}

type ByClass<Implementation> = Readonly<Record<string, Implementation>>

/**
 * TypeScript in place of the Python classes that manifests name by `class_name`: by the component's type, then by the
 * full class name. A manifest that names one which is not here is refused when it is checked.
 */
export interface CustomComponents {
  CustomTransformation?: ByClass<(record: JsonObject, place: CustomPlace) => JsonObject>
  CustomRecordFilter?: ByClass<(record: JsonObject, place: CustomPlace) => boolean>
  CustomRecordExtractor?: ByClass<(body: Json, place: CustomPlace) => Json[]>
  CustomSchemaNormalization?: ByClass<(record: JsonObject, schema: JsonObject, place: CustomPlace) => JsonObject>
  CustomDecoder?: ByClass<(bytes: AsyncIterable<Uint8Array>, place: CustomPlace) => AsyncIterable<Json>>
  /** The token of the next page, null when there is none. */
  CustomPaginationStrategy?: ByClass<(page: CustomPage, token: Json, place: CustomPlace) => Json>
  CustomPartitionRouter?: ByClass<(place: CustomPlace) => AsyncIterable<Partition> | Iterable<Partition>>
  CustomRetriever?: ByClass<(place: CustomPlace) => AsyncIterable<JsonObject[]>>
  CustomSchemaLoader?: ByClass<(place: CustomPlace) => Promise<JsonObject>>
  CustomStateMigration?: ByClass<(state: Json, place: CustomPlace) => Json>
  CustomAuthenticator?: ByClass<(place: CustomPlace) => Promise<CustomCredentials>>
  /** Seconds to wait; undefined leaves it to the next strategy. */
  CustomBackoffStrategy?: ByClass<(answer: CustomAnswer, place: CustomPlace) => number | undefined>
  CustomConfigTransformation?: ByClass<(config: JsonObject, place: Pick<CustomPlace, 'component'>) => JsonObject>
}

export type CustomType = keyof CustomComponents

/** The implementation of a custom component. Its absence is a defect: the check of the manifest has seen to it. */
export function customOf<Type extends CustomType>(
  custom: CustomComponents,
  component: { type: Type; class_name: string },
): NonNullable<CustomComponents[Type]>[string] {
  const known = custom[component.type]
  if (known === undefined || !Object.hasOwn(known, component.class_name)) {
    throw new Error(`no implementation of the ${component.type} ${component.class_name}`)
  }
  return known[component.class_name] as NonNullable<CustomComponents[Type]>[string]
}

/** Whether a custom component of the manifest has an implementation. */
export function isKnownCustom(custom: CustomComponents, type: string, className: Json | undefined): boolean {
  if (!Object.hasOwn(custom, type) || typeof className !== 'string') return false
  return Object.hasOwn(custom[type as CustomType]!, className)
}
