/*
description: What are the top pageviews for qualified leads who made more than 5 purchases in the last year?
*/
SELECT
  path,
  count() AS views
FROM ref('page_views')
WHERE user_id IN (
  SELECT orders.user_id
  FROM ref('orders') AS orders
  INNER JOIN ref('leads') AS leads ON leads.email = orders.email
  WHERE leads.qualified
    AND orders.status = 'paid'
    AND orders.ordered_at >= now() - INTERVAL 1 YEAR
    AND notEmpty(orders.user_id)
  GROUP BY orders.user_id
  HAVING count() > 5
)
GROUP BY path
ORDER BY views DESC, path
LIMIT 5
