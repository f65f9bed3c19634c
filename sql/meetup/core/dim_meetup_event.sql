/*
description: >-
  Events as they are now, with all that describes them; what can be counted is in core.fact_meetup_event. One member,
  unknown, is for facts whose event is not here. What was said of an event at length stays in staged.meetup_events.
grain: one row an event
columns:
  event_key: {type: text, description: "Row: the event's stable id, or unknown."}
  meetup_id: {type: text, description: "Meetup's id of the event, which may change while an event recurs."}
  group_id: {type: text, description: "Group that held it; unknown for the unknown event."}
  title: {type: text, description: "Title."}
  event_url: {type: text, description: "Its page."}
  event_type: {type: text, description: "PHYSICAL, ONLINE or HYBRID; null where not told."}
  status: {type: text, description: "Meetup's status, such as PAST or CANCELLED."}
  is_online: {type: boolean, description: "Whether it took place (also) online."}
  is_cancelled: {type: boolean, description: "Whether it was called off; null for the unknown event."}
  local_date: {type: date, description: "Day on which it began, where the group is; null for the unknown event."}
  local_start: {type: timestamp, description: "Begin, as the clock there showed."}
  starts_at: {type: timestamp, description: "Begin, in UTC; null for the unknown event."}
  ends_at: {type: timestamp, description: "End, in UTC; null where unknown."}
  duration_minutes: {type: integer, description: "Length in minutes; null where unknown."}
  created_at: {type: timestamp, description: "When it was announced, in UTC; null where not told."}
  venues: {type: integer, description: "Venues named; 0 where none."}
  max_tickets: {type: integer, description: "Most attendees allowed; null without a limit."}
  fee_required: {type: boolean, description: "Whether the fee must be paid to come; null where there is none."}
  series_id: {type: text, description: "Series that it belongs to; null for a single event."}
  topic_ids: {type: text, description: "Ids of its topics, sorted, with a comma between; null where none."}
checks:
  - unique: [event_key]
  - not_null: [event_key, group_id, title]
  - expression: "event_key = 'unknown' or (local_date is not null and starts_at is not null and is_cancelled is not null)"
    name: only_the_unknown_event_has_no_day
*/
select
    event.event_id as event_key,
    event.meetup_id,
    event.group_id,
    event.title,
    event.event_url,
    event.event_type,
    event.status,
    event.is_online,
    event.is_cancelled,
    event.local_date,
    event.local_start,
    event.starts_at,
    event.ends_at,
    event.duration_minutes,
    event.created_at,
    event.venues,
    event.max_tickets,
    event.fee_required,
    event.series_id,
    event.topic_ids
from staged.meetup_events as event
where event.event_id <> 'unknown'
union all
select
    'unknown' as event_key,
    cast(null as text) as meetup_id,
    'unknown' as group_id,
    'Unknown event' as title,
    cast(null as text) as event_url,
    cast(null as text) as event_type,
    cast(null as text) as status,
    cast(null as boolean) as is_online,
    cast(null as boolean) as is_cancelled,
    cast(null as date) as local_date,
    cast(null as timestamp) as local_start,
    cast(null as timestamp) as starts_at,
    cast(null as timestamp) as ends_at,
    cast(null as integer) as duration_minutes,
    cast(null as timestamp) as created_at,
    cast(null as integer) as venues,
    cast(null as integer) as max_tickets,
    cast(null as boolean) as fee_required,
    cast(null as text) as series_id,
    cast(null as text) as topic_ids
