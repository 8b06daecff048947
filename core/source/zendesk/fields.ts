import type { Fields } from '../../connector/record-schema.ts'

export type Columns = Fields

// Fields as the page of each object has them (developer.zendesk.com/api-reference/ticketing).

const common: Fields = {
  id: ['integer', 'Its id.'],
  url: ['text', 'Its address in the API.'],
  created_at: ['time', 'When it was made.'],
  updated_at: ['time', 'When it was last changed.'],
}

export const ticket: Fields = {
  ...common,
  generated_timestamp: ['integer', 'When it was last changed by anybody, the system included, in seconds since 1970.'],
  external_id: ['text', 'An id of your own.'],
  type: ['text', 'problem, incident, question, task.'],
  subject: ['text', 'Its title.'],
  raw_subject: ['text', 'Its title, with placeholders as they are.'],
  description: ['text', 'Its first comment.'],
  priority: ['text', 'urgent, high, normal, low.'],
  status: ['text', 'new, open, pending, hold, solved, closed.'],
  custom_status_id: ['integer', 'Its status, where the account has its own.'],
  recipient: ['text', 'The address it was sent to.'],
  requester_id: ['integer', 'Who asked.'],
  submitter_id: ['integer', 'Who handed it in.'],
  assignee_id: ['integer', 'The agent it is assigned to.'],
  organization_id: ['integer', 'The organization of who asked.'],
  group_id: ['integer', 'The group it is assigned to.'],
  brand_id: ['integer', 'The brand it belongs to.'],
  ticket_form_id: ['integer', 'The form it was made with.'],
  problem_id: ['integer', 'The problem that this incident is one of.'],
  collaborator_ids: ['integers', 'Who is in copy.'],
  follower_ids: ['integers', 'Agents who follow it.'],
  email_cc_ids: ['integers', 'Who is in copy by mail.'],
  tags: ['texts', 'Its tags.'],
  custom_fields: ['objects', 'Fields of your own: id and value.'],
  satisfaction_rating: ['object', 'How it was rated.'],
  via: ['object', 'How it came in.'],
  has_incidents: ['boolean', 'It is a problem with incidents.'],
  is_public: ['boolean', 'It has a public comment.'],
  due_at: ['time', 'When it is due, of a task.'],
}

export const user: Fields = {
  ...common,
  name: ['text', 'Name.'],
  email: ['text', 'Primary address.'],
  phone: ['text', 'Primary phone number.'],
  role: ['text', 'end-user, agent, admin.'],
  custom_role_id: ['integer', "The agent's role, where the plan has some."],
  active: ['boolean', 'Not deleted.'],
  verified: ['boolean', 'An identity was verified.'],
  suspended: ['boolean', 'May not sign in, and tickets are set aside.'],
  external_id: ['text', 'An id of your own.'],
  organization_id: ['integer', 'The default organization.'],
  default_group_id: ['integer', 'The default group.'],
  locale: ['text', 'The language.'],
  time_zone: ['text', 'The time zone.'],
  tags: ['texts', 'Tags.'],
  details: ['text', 'Anything noted, such as an address.'],
  notes: ['text', 'Anything noted.'],
  last_login_at: ['time', 'When they last signed in.'],
  user_fields: ['object', 'Fields of your own, by key.'],
}

export const organization: Fields = {
  ...common,
  name: ['text', 'Its name.'],
  external_id: ['text', 'An id of your own.'],
  domain_names: ['texts', 'Users of these domains belong to it.'],
  group_id: ['integer', 'The group its tickets go to.'],
  shared_tickets: ['boolean', 'Its users see the tickets of each other.'],
  shared_comments: ['boolean', 'Its users comment on the tickets of each other.'],
  details: ['text', 'Anything noted.'],
  notes: ['text', 'Anything noted.'],
  tags: ['texts', 'Its tags.'],
  organization_fields: ['object', 'Fields of your own, by key.'],
  deleted_at: ['time', 'When it was deleted.'],
}

export const ticketEvent: Fields = {
  id: ['integer', 'Its id: that of an audit.'],
  ticket_id: ['integer', 'The ticket.'],
  timestamp: ['integer', 'When it happened, in seconds since 1970.'],
  created_at: ['time', 'The same, as a time.'],
  updater_id: ['integer', 'Who did it; below 0 for the system.'],
  event_type: ['text', 'Audit.'],
  via: ['text', 'How it was done.'],
  child_events: ['objects', 'What was changed, one by one.'],
  system: ['object', 'Client, location and address.'],
  metadata: ['object', 'What else is known.'],
}

export const metricEvent: Fields = {
  id: ['integer', 'Its id.'],
  ticket_id: ['integer', 'The ticket.'],
  metric: ['text', 'agent_work_time, pausable_update_time, periodic_update_time, reply_time, requester_wait_time, resolution_time, …'],
  instance_id: ['integer', 'Which of the measurements of that metric of the ticket.'],
  type: ['text', 'activate, pause, fulfill, apply_sla, breach, update_status, measure.'],
  time: ['time', 'When it happened.'],
  status: ['object', 'Minutes by the calendar and by business hours, of update_status.'],
  sla: ['object', 'The target, of apply_sla.'],
}

export const ticketMetric: Fields = {
  ...common,
  ticket_id: ['integer', 'The ticket.'],
  reopens: ['integer', 'How often it was opened again.'],
  replies: ['integer', 'How many replies it has.'],
  assignee_stations: ['integer', 'How many agents it had.'],
  group_stations: ['integer', 'How many groups it had.'],
  reply_time_in_minutes: ['object', 'To the first reply: calendar, business.'],
  first_resolution_time_in_minutes: ['object', 'To the first solution.'],
  full_resolution_time_in_minutes: ['object', 'To the last solution.'],
  agent_wait_time_in_minutes: ['object', 'How long agents waited.'],
  requester_wait_time_in_minutes: ['object', 'How long the one who asked waited.'],
  on_hold_time_in_minutes: ['object', 'How long it was on hold.'],
  assigned_at: ['time', 'When it was last assigned.'],
  solved_at: ['time', 'When it was solved.'],
  initially_assigned_at: ['time', 'When it was first assigned.'],
  latest_comment_added_at: ['time', 'When it was last commented on.'],
}

export const ticketField: Fields = {
  ...common,
  type: ['text', 'What it holds: text, tagger, checkbox, date, integer, …'],
  title: ['text', 'Its title.'],
  title_in_portal: ['text', 'Its title for end users.'],
  description: ['text', 'What it is for.'],
  position: ['integer', 'Its place on the form.'],
  active: ['boolean', 'In use.'],
  required: ['boolean', 'Must be filled to solve a ticket.'],
  custom_field_options: ['objects', 'What can be chosen.'],
  tag: ['text', 'The tag of a checkbox.'],
}

export const group: Fields = {
  ...common,
  name: ['text', 'Its name.'],
  description: ['text', 'What it is for.'],
  default: ['boolean', 'The default of the account.'],
  deleted: ['boolean', 'Deleted.'],
  is_public: ['boolean', 'Not private.'],
}

export const groupMembership: Fields = {
  ...common,
  user_id: ['integer', 'The agent.'],
  group_id: ['integer', 'The group.'],
  default: ['boolean', "The agent's default."],
}

export const organizationMembership: Fields = {
  ...common,
  user_id: ['integer', 'The user.'],
  organization_id: ['integer', 'The organization.'],
  organization_name: ['text', 'Its name.'],
  default: ['boolean', "The user's default."],
}

export const satisfactionRating: Fields = {
  ...common,
  ticket_id: ['integer', 'The ticket.'],
  requester_id: ['integer', 'Who rated.'],
  assignee_id: ['integer', 'The agent at that time.'],
  group_id: ['integer', 'The group at that time.'],
  score: ['text', 'offered, unoffered, good, bad, each with or without comment.'],
  comment: ['text', 'What they said.'],
  reason: ['text', 'Why it was bad.'],
}

export const macro: Fields = {
  ...common,
  title: ['text', 'Its title.'],
  description: ['text', 'What it is for.'],
  active: ['boolean', 'In use.'],
  position: ['integer', 'Its place.'],
  actions: ['objects', 'What it does.'],
  restriction: ['object', 'Who may use it.'],
}

export const brand: Fields = {
  ...common,
  name: ['text', 'Its name.'],
  subdomain: ['text', 'Its part of the address.'],
  brand_url: ['text', 'Its address.'],
  active: ['boolean', 'In use.'],
  default: ['boolean', 'The default.'],
  has_help_center: ['boolean', 'It has a help center.'],
  ticket_form_ids: ['integers', 'Forms that it can use.'],
}

export const tag: Fields = {
  name: ['text', 'The tag.'],
  count: ['integer', 'How often it is used.'],
}
