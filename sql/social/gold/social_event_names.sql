/*
description: >-
  Which events there are: every name that messages bear, as it was sent, how often, by whom and when. Names that differ
  by case, blanks, underscores or hyphens alone (Follow User, follow_user) mostly mean the same, and only the name to
  the letter becomes a follow or a post: a warning tells of them.
grain: one row an event name
# Whom a name counts is told by all of its messages, so that no key or window of them would do.
refresh: hourly
columns:
  event_name: {type: text, description: "Name as it was sent; Page, Screen, Group, Alias and Identify for calls without one."}
  plain_name: {type: text, description: "The name in lower case, without blanks, underscores and hyphens; names that share it are alike."}
  events: {type: bigint, description: "Messages of this name."}
  users: {type: bigint, description: "Users who sent them."}
  first_at: {type: timestamp, description: "When the first of them happened, in UTC."}
  last_at: {type: timestamp, description: "When the last of them happened, in UTC."}
checks:
  - unique: [event_name]
  - not_null: [event_name, plain_name, events, users, first_at, last_at]
  - unique: [plain_name]
    name: no_names_are_alike
    severity: warn
*/
select
    event_name,
    lower(replace(replace(replace(trim(event_name), ' ', ''), '_', ''), '-', '')) as plain_name,
    count(*) as events,
    count(distinct user_id) as users,
    min(occurred_at) as first_at,
    max(occurred_at) as last_at
from core.fact_social_event
group by event_name
