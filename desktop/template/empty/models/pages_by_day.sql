/*
description: Page views a day.
materialized: view
*/
SELECT toDate(timestamp) AS day, count() AS pages, uniqExact(anonymous_id) AS visitors
FROM events.pages
GROUP BY day
