/*
description: Whose device an anonymous id is. The last one to sign in on it.
materialized: table
order_by: [anonymous_id]
tests:
  - unique: anonymous_id
  - not_null: user_id
*/
SELECT
  assumeNotNull(identifies.anonymous_id) AS anonymous_id,
  argMax(assumeNotNull(identifies.user_id), timestamp) AS user_id
FROM events.identifies AS identifies
WHERE notEmpty(identifies.anonymous_id) AND notEmpty(identifies.user_id)
GROUP BY anonymous_id
