/*
description: All that people did, in one list. Pages, e-mails, sales calls, orders.
*/
SELECT user_id, timestamp, 'page' AS kind, path AS what
FROM ref('page_views')
WHERE notEmpty(user_id)
UNION ALL
SELECT user_id, timestamp, 'email' AS kind, event_text AS what
FROM events.tracks
WHERE notEmpty(user_id) AND event LIKE 'email_%'
UNION ALL
SELECT people.user_id, calls.called_at, 'call' AS kind, concat(toString(intDiv(calls.seconds, 60)), ' minutes') AS what
FROM source('crm', 'calls') AS calls
INNER JOIN source('crm', 'leads') AS leads ON leads.id = calls.lead_id
INNER JOIN ref('people') AS people ON people.email = lower(leads.email)
UNION ALL
SELECT user_id, ordered_at, 'order' AS kind, concat('$', toString(amount)) AS what
FROM ref('orders')
WHERE notEmpty(user_id)
