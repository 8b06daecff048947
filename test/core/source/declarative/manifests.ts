/** A hand-written manifest over the test API: a collection in each pagination style, children, cursors, transformations. */
export const shopManifest = `
version: "6.5.2"
type: DeclarativeSource
check: { type: CheckStream, stream_names: [pages] }
definitions:
  requester:
    type: HttpRequester
    url_base: "{{ config['url'] }}/"
    path: "/{{ parameters['style'] }}/{{ parameters['collection'] }}"
    http_method: GET
    authenticator:
      type: BearerAuthenticator
      api_token: "{{ config['api_key'] }}"
    error_handler:
      type: DefaultErrorHandler
      max_retries: 6
  selector:
    type: RecordSelector
    extractor: { type: DpathExtractor, field_path: [data] }
  size: { type: RequestOption, inject_into: request_parameter, field_name: limit }
  base:
    type: DeclarativeStream
    primary_key: id
    retriever:
      type: SimpleRetriever
      requester: { $ref: "#/definitions/requester" }
      record_selector: { $ref: "#/definitions/selector" }
streams:
  - $ref: "#/definitions/base"
    name: pages
    $parameters: { style: page, collection: orders }
    retriever:
      $ref: "#/definitions/base/retriever"
      paginator:
        type: DefaultPaginator
        page_size_option: { type: RequestOption, inject_into: request_parameter, field_name: per_page }
        page_token_option: { type: RequestOption, inject_into: request_parameter, field_name: page }
        pagination_strategy: { type: PageIncrement, page_size: "{{ config['page_size'] }}", start_from_page: 1, inject_on_first_request: true }
  - $ref: "#/definitions/base"
    name: offsets
    $parameters: { style: offset, collection: orders }
    retriever:
      $ref: "#/definitions/base/retriever"
      paginator:
        type: DefaultPaginator
        page_size_option: "#/definitions/size"
        page_token_option: { type: RequestOption, inject_into: request_parameter, field_name: offset }
        pagination_strategy: { type: OffsetIncrement, page_size: "{{ config['page_size'] }}" }
  - $ref: "#/definitions/base"
    name: cursors
    $parameters: { style: cursor, collection: orders }
    retriever:
      $ref: "#/definitions/base/retriever"
      paginator:
        type: DefaultPaginator
        page_size_option: { $ref: "#/definitions/size" }
        page_token_option: { type: RequestOption, inject_into: request_parameter, field_name: cursor }
        pagination_strategy:
          type: CursorPagination
          page_size: "{{ config['page_size'] }}"
          cursor_value: "{{ response['next'] }}"
          stop_condition: "{{ not response.get('has_more') }}"
  - $ref: "#/definitions/base"
    name: links
    $parameters: { style: link, collection: orders }
    retriever:
      $ref: "#/definitions/base/retriever"
      paginator:
        type: DefaultPaginator
        page_size_option: { $ref: "#/definitions/size" }
        page_token_option: { type: RequestPath }
        pagination_strategy:
          type: CursorPagination
          page_size: "{{ config['page_size'] }}"
          cursor_value: "{{ headers['link']['next']['url'] }}"
  - $ref: "#/definitions/base"
    name: updates
    $parameters: { style: cursor, collection: orders }
    retriever:
      $ref: "#/streams/2/retriever"
    incremental_sync:
      type: DatetimeBasedCursor
      cursor_field: updated_at
      datetime_format: "%Y-%m-%dT%H:%M:%S.%f%z"
      cursor_datetime_formats: ["%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%SZ"]
      start_datetime: { type: MinMaxDatetime, datetime: "{{ config['start_date'] }}", datetime_format: "%Y-%m-%d" }
      step: P10D
      cursor_granularity: PT0.000001S
      start_time_option: { type: RequestOption, inject_into: request_parameter, field_name: since }
      end_time_option: { type: RequestOption, inject_into: request_parameter, field_name: until }
  - $ref: "#/definitions/base"
    name: items
    primary_key: [order_id, sku]
    retriever:
      $ref: "#/definitions/base/retriever"
      requester:
        $ref: "#/definitions/requester"
        path: "/all/orders/{{ stream_partition.order_id }}/items"
        error_handler:
          type: CompositeErrorHandler
          error_handlers:
            - type: DefaultErrorHandler
              response_filters: [{ type: HttpResponseFilter, http_codes: [404], action: IGNORE }]
            - type: DefaultErrorHandler
      record_selector:
        $ref: "#/definitions/selector"
        record_filter: { type: RecordFilter, condition: "{{ record['quantity'] > 0 }}" }
      partition_router:
        type: SubstreamPartitionRouter
        parent_stream_configs:
          - type: ParentStreamConfig
            parent_key: id
            partition_field: order_id
            extra_fields: [[customer, name]]
            stream: "#/streams/1"
    transformations:
      - type: AddFields
        fields:
          - path: [order_id]
            value: "{{ stream_slice['order_id'] }}"
          - path: [buyer, name]
            value: "{{ stream_slice.extra_fields['customer.name'] }}"
          - path: [total]
            value: "{{ record['price'] * record['quantity'] }}"
            value_type: number
      - type: RemoveFields
        field_pointers: [[secret], [nested, "*", hidden]]
  - $ref: "#/definitions/base"
    name: regions
    primary_key: []
    retriever:
      $ref: "#/definitions/base/retriever"
      requester: { $ref: "#/definitions/requester", path: "/all/regions/{{ stream_slice.region }}" }
      partition_router:
        type: ListPartitionRouter
        cursor_field: region
        values: "{{ config['regions'] }}"
        request_option: { type: RequestOption, inject_into: header, field_name: X-Region }
    schema_loader:
      type: InlineSchemaLoader
      schema: { type: object, properties: { name: { type: [string, "null"] }, opened: { type: string, format: date } } }
spec:
  type: Spec
  connection_specification:
    type: object
    required: [url, api_key]
    properties:
      url: { type: string }
      api_key: { type: string, airbyte_secret: true }
      page_size: { type: integer, default: 7 }
      start_date: { type: string, default: "2026-01-01" }
      regions: { type: array, default: [north, south] }
`
