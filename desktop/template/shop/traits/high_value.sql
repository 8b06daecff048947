/*
description: >
  True for people with at least 5 purchases of more than $100 within the last year, who are 25 to 45
  years old, and who were on the website at least once a week, that is, have at least one page view
  in each of the last 4 full weeks (Monday to Sunday, UTC). False for all other accounts.
entity: user
*/
WITH
  buyers AS (
    SELECT user_id
    FROM ref('orders')
    WHERE status = 'paid' AND amount > 100 AND ordered_at >= now() - INTERVAL 1 YEAR AND notEmpty(user_id)
    GROUP BY user_id
    HAVING count() >= 5
  ),
  visitors AS (
    SELECT user_id
    FROM ref('page_views')
    WHERE timestamp >= toStartOfWeek(now('UTC'), 1) - INTERVAL 4 WEEK
      AND timestamp < toStartOfWeek(now('UTC'), 1)
      AND notEmpty(user_id)
    GROUP BY user_id
    HAVING uniqExact(toStartOfWeek(timestamp, 1)) = 4
  ),
  of_age AS (
    SELECT email
    FROM ref('leads')
    WHERE age('year', date_of_birth, toDate(now('UTC'))) BETWEEN 25 AND 45
  )
SELECT
  user_id AS id,
  toBool(
    user_id IN (SELECT user_id FROM buyers)
    AND user_id IN (SELECT user_id FROM visitors)
    AND email IN (SELECT email FROM of_age)
  ) AS value
FROM ref('people')
