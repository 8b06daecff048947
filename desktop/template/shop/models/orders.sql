/*
description: >
  Orders of the payments tool, with the account of the buyer where there is one. A purchase is a
  paid order; a refunded one is none.
materialized: table
order_by: [ordered_at]
tests:
  - unique: order_id
  - not_null: ordered_at
  - accepted_values: { column: status, values: [paid, refunded] }
  - no_rows: SELECT * FROM ref('orders') WHERE amount < 0
*/
SELECT
  orders.id AS order_id,
  lower(customers.email) AS email,
  people.user_id AS user_id,
  orders.status AS status,
  orders.channel AS channel,
  orders.amount / 100 AS amount,
  orders.discount / 100 AS discount,
  toDateTime(assumeNotNull(orders.created), 'UTC') AS ordered_at
FROM source('payments', 'orders') AS orders
INNER JOIN source('payments', 'customers') AS customers ON customers.id = orders.customer
LEFT JOIN ref('people') AS people ON people.email = lower(customers.email)
