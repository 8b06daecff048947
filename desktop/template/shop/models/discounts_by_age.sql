/*
description: Do some ages buy at a discount more often? Ages are in the CRM, discounts in the payments tool.
*/
SELECT
  multiIf(buys.years < 25, 'under 25', buys.years <= 45, '25 to 45', 'over 45') AS ages,
  count() AS orders,
  round(avg(buys.discount > 0), 3) AS discounted_share,
  round(sum(buys.discount), 2) AS discount,
  round(sum(buys.amount), 2) AS revenue
FROM (
  SELECT orders.amount AS amount, orders.discount AS discount, age('year', leads.date_of_birth, toDate(now('UTC'))) AS years
  FROM ref('orders') AS orders
  INNER JOIN ref('leads') AS leads ON leads.email = orders.email
  WHERE orders.status = 'paid' AND leads.date_of_birth IS NOT NULL
) AS buys
GROUP BY ages
