/*
description: One row an e-mail address of the CRM. Who was entered twice is qualified when one of the two entries is.
materialized: table
order_by: [email]
tests:
  - unique: email
  - accepted_values: { column: customer_type, values: [retail, wholesale] }
*/
SELECT
  lower(assumeNotNull(leads.email)) AS email,
  max(leads.qualified) AS qualified,
  argMax(leads.stage, leads.updated_at) AS stage,
  argMax(leads.customer_type, leads.updated_at) AS customer_type,
  max(leads.date_of_birth) AS date_of_birth,
  count() AS entries
FROM source('crm', 'leads') AS leads
GROUP BY email
