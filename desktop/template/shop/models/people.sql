/*
description: One row an account of the storefront. The e-mail address in lower case is what the other tools know them by.
materialized: table
order_by: [user_id]
tests:
  - unique: user_id
  - unique: email
*/
SELECT
  assumeNotNull(identifies.user_id) AS user_id,
  lower(argMax(identifies.email, timestamp)) AS email,
  argMax(identifies.first_name, timestamp) AS first_name,
  argMax(identifies.last_name, timestamp) AS last_name,
  min(timestamp) AS first_signed_in_at
FROM events.identifies AS identifies
WHERE notEmpty(identifies.user_id)
GROUP BY user_id
