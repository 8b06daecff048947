import type { ApiServer } from '#test/fixture/api-server.ts'
import { makeStack, type TestStack } from '#test/fixture/stack-folder.ts'
import type { TestWarehouse } from '#test/fixture/warehouse.ts'

/** A stack with the source `shop`: the streams `orders` (incremental) and `people` of the API. */
export function makeShopStack(server: TestWarehouse, api: ApiServer, more: Record<string, string> = {}): Promise<TestStack> {
  return makeStack({
    'millrace.yaml': `name: shop\nwarehouse:\n  url: ${server.url}\n  user: ${server.user}\n  password: \${secret:WAREHOUSE_PASSWORD}\n`,
    'manifests/shop.yaml': manifest,
    'sources/shop.yaml': `kind: etl\nconnector: declarative\nconfig:\n  manifest: manifests/shop.yaml\n  config: { url: '${api.url}' }\n`,
    ...more,
  })
}

const manifest = `version: 6.0.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [orders] }
definitions:
  requester: { type: HttpRequester, url_base: "{{ config['url'] }}" }
  selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [data] } }
streams:
  - type: DeclarativeStream
    name: orders
    primary_key: [id]
    retriever:
      type: SimpleRetriever
      record_selector: { $ref: '#/definitions/selector' }
      requester: { $ref: '#/definitions/requester', path: /all/orders }
    incremental_sync:
      type: DatetimeBasedCursor
      cursor_field: updated_at
      datetime_format: '%Y-%m-%dT%H:%M:%SZ'
      start_datetime: '2026-01-01T00:00:00Z'
      start_time_option: { type: RequestOption, inject_into: request_parameter, field_name: since }
    schema_loader: { type: InlineSchemaLoader, schema: { type: object, properties: {} } }
  - type: DeclarativeStream
    name: people
    retriever:
      type: SimpleRetriever
      record_selector: { $ref: '#/definitions/selector' }
      requester: { $ref: '#/definitions/requester', path: /all/people }
    schema_loader: { type: InlineSchemaLoader, schema: { type: object, properties: {} } }
`
