/*
description: What sells. Units and revenue before discounts, by product.
*/
SELECT
  skus.id AS sku,
  skus.name AS name,
  skus.category AS category,
  sum(lines.quantity) AS units,
  sum(lines.quantity * lines.unit_amount) / 100 AS revenue
FROM source('payments', 'order_lines') AS lines
INNER JOIN source('payments', 'skus') AS skus ON skus.id = lines.sku
INNER JOIN ref('orders') AS orders ON orders.order_id = lines.order
WHERE orders.status = 'paid'
GROUP BY sku, name, category
