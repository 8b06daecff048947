/*
description: Everything the tools know of an account, side by side.
materialized: table
order_by: [user_id]
tests:
  - unique: user_id
*/
WITH
  bought AS (
    SELECT
      user_id,
      countIf(status = 'paid') AS orders,
      sumIf(amount, status = 'paid') AS lifetime_value,
      maxIf(ordered_at, status = 'paid') AS last_order_at
    FROM ref('orders')
    WHERE notEmpty(user_id)
    GROUP BY user_id
  ),
  visited AS (
    SELECT
      user_id,
      count() AS page_views,
      max(timestamp) AS last_seen_at
    FROM ref('page_views')
    WHERE notEmpty(user_id)
    GROUP BY user_id
  )
SELECT
  people.user_id AS user_id,
  people.email AS email,
  people.first_name AS first_name,
  people.last_name AS last_name,
  leads.customer_type AS customer_type,
  leads.qualified AS qualified,
  leads.date_of_birth AS date_of_birth,
  bought.orders AS orders,
  bought.lifetime_value AS lifetime_value,
  bought.last_order_at AS last_order_at,
  visited.page_views AS page_views,
  visited.last_seen_at AS last_seen_at
FROM ref('people') AS people
LEFT JOIN ref('leads') AS leads ON leads.email = people.email
LEFT JOIN bought ON bought.user_id = people.user_id
LEFT JOIN visited ON visited.user_id = people.user_id
