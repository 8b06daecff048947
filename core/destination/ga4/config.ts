import { z } from 'zod'
import { timeoutField, urlField } from '../../connector/settings.ts'

export const ga4ConfigSchema = z
  .strictObject({
    measurement_id: z
      .string()
      .regex(/^G-[A-Z0-9]+$/, 'must look like G-XXXXXXXXXX')
      .describe('Measurement ID of the web data stream: G-XXXXXXXXXX'),
    api_secret: z.string().min(1).meta({ secret: true }).describe("The stream's Measurement Protocol API secret: ${secret:GA4_SECRET}"),
    url: urlField(
      'https://www.google-analytics.com',
      'Where events are sent. To be collected in the EU: https://region1.google-analytics.com',
    ),
    client_id: z
      .string()
      .regex(/^(anonymousId|(properties|context)(\.\w+)+)$/, 'must be anonymousId or a path within properties or context')
      .default('anonymousId')
      .describe(
        'Where the client id is in an event: anonymousId, or a path such as context.ga_client_id. Where there is none, the userId is taken.',
      ),
    params: z.array(z.string().min(1)).optional().describe('Properties to send as parameters, by name. Absent: all; an event may have 25.'),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, 'must be three capitals, as USD')
      .optional()
      .describe('Of amounts in events that do not name one.'),
    concurrency: z.int().min(1).max(6).default(6).describe('Requests at a time: each is about one client. A Worker has six connections.'),
    timeout: timeoutField,
  })
  .describe('Sends events to Google Analytics 4 (a web data stream).')

export type Ga4Config = z.infer<typeof ga4ConfigSchema>

/*
 * The standard e-commerce and lead events (segment.com/docs/connections/spec/ecommerce/v2/) as Google's recommended
 * ones (developers.google.com/analytics/devguides/collection/protocol/ga4/reference/events), the pairs that Segment and
 * RudderStack document for GA4 (rudderstack.com/docs/destinations/streaming-destinations/google-analytics-4-ga4/).
 */
export const recommended: ReadonlyMap<string, string> = new Map([
  ['products_searched', 'search'],
  ['product_list_viewed', 'view_item_list'],
  ['promotion_viewed', 'view_promotion'],
  ['promotion_clicked', 'select_promotion'],
  ['product_clicked', 'select_item'],
  ['product_viewed', 'view_item'],
  ['product_added', 'add_to_cart'],
  ['product_removed', 'remove_from_cart'],
  ['product_added_to_wishlist', 'add_to_wishlist'],
  ['cart_viewed', 'view_cart'],
  ['checkout_started', 'begin_checkout'],
  ['checkout_step_completed', 'add_shipping_info'],
  ['payment_info_entered', 'add_payment_info'],
  ['order_completed', 'purchase'],
  ['order_refunded', 'refund'],
  ['product_shared', 'share'],
  ['cart_shared', 'share'],
  ['signed_up', 'sign_up'],
  ['signed_in', 'login'],
])

/** Parameters of recommended events, and the properties they are in; the first that is there. */
export const renamed: Readonly<Record<string, readonly string[]>> = {
  transaction_id: ['order_id', 'transaction_id'],
  value: ['value', 'revenue', 'total'],
  search_term: ['query', 'search_term'],
  item_list_id: ['list_id'],
  item_list_name: ['list_name'],
  creative_name: ['creative'],
  payment_type: ['payment_method'],
  shipping_tier: ['shipping_method'],
}

export const itemFields: Readonly<Record<string, readonly string[]>> = {
  item_id: ['product_id', 'sku', 'id'],
  item_name: ['name'],
  item_brand: ['brand'],
  item_category: ['category'],
  item_variant: ['variant'],
  price: ['price'],
  quantity: ['quantity'],
  coupon: ['coupon'],
  index: ['position'],
}

/** Events about one product, whose properties are the product's. */
export const ofOneProduct = /^(select_item|view_item|add_to_cart|remove_from_cart|add_to_wishlist)$/

/** Names and prefixes that are Google's own (support.google.com/analytics/answer/13316687): such a property is left out. */
export const reservedParam = /^(_|firebase_|ga_|google_|gtag\.|(engagement_time_msec|gclid|session_id|session_number)$)/

/** Values are cut to what Google keeps of them (support.google.com/analytics/answer/9267744). */
export const lengths: ReadonlyMap<string, number> = new Map([
  ['page_location', 1000],
  ['page_referrer', 420],
  ['page_title', 300],
])

/** Names that cannot be used (…/reference#reserved_names). */
export const reservedNames = new Set(
  `ad_activeview ad_click ad_exposure ad_query ad_reward adunit_exposure app_background app_clear_data app_exception
   app_remove app_store_refund app_store_subscription_cancel app_store_subscription_convert app_store_subscription_renew
   app_uninstall app_update app_upgrade dynamic_link_app_open dynamic_link_app_update dynamic_link_first_open error
   firebase_campaign firebase_in_app_message_action firebase_in_app_message_dismiss firebase_in_app_message_impression
   first_open first_visit in_app_purchase notification_dismiss notification_foreground notification_open
   notification_receive notification_send os_update session_start session_start_with_rollout user_engagement`.split(/\s+/),
)
