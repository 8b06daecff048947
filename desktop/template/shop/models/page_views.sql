/*
description: >
  Page views, each with the account it belongs to. One seen before signing in belongs to whose
  device it was seen on.
*/
SELECT
  pages.id AS id,
  pages.timestamp AS timestamp,
  pages.path AS path,
  pages.anonymous_id AS anonymous_id,
  if(notEmpty(pages.user_id), pages.user_id, devices.user_id) AS user_id
FROM events.pages AS pages
LEFT JOIN ref('devices') AS devices ON devices.anonymous_id = pages.anonymous_id
