/*
description: >-
  Every event of every group: online ones, cancelled ones, and those with no venue or several; not those that were never
  announced, or that Meetup took down (drafts, templates, proposals, blocked ones), which are in core.dim_meetup_event. Its main venue is the
  first listed that is a place, else the first listed; an event that is only online and lists none took place at the
  venue online. A key whose dimension has no such member (yet) is unknown, so that no event is ever missing and each key
  finds one row; group_id and event_id are known nevertheless, and making the days anew after the dimensions mends the
  keys.
grain: one row an event
window: {column: local_date, every: day, start: 2008-01-01}
deduplicate: {key: [event_id], order: [local_date]}
columns:
  event_id: {type: text, description: "The event's stable id (Meetup's token)."}
  event_key: {type: text, description: "The event in core.dim_meetup_event."}
  group_id: {type: text, description: "Group that held it."}
  group_key: {type: text, description: "The group as it was on that day, in core.dim_meetup_group."}
  venue_key: {type: text, description: "The main venue in core.dim_meetup_venue."}
  date_key: {type: integer, description: "local_date as yyyymmdd."}
  local_date: {type: date, description: "Day on which it began, where the group is."}
  starts_at: {type: timestamp, description: "Begin, in UTC."}
  event_type: {type: text, description: "PHYSICAL, ONLINE or HYBRID; null where not told."}
  is_online: {type: boolean, description: "Whether it took place (also) online; from event_type where not told, else false."}
  is_cancelled: {type: boolean, description: "Whether it was called off; such an event was not held."}
  venues: {type: integer, description: "Venues listed that have an id."}
  duration_minutes: {type: integer, description: "Length in minutes; null where unknown."}
  fee: {type: "decimal(12,2)", description: "Fee a head, in fee_currency; null where there is none."}
  fee_currency: {type: text, description: "Currency of the fee (ISO 4217)."}
  yes_rsvps: {type: bigint, description: "Who said yes; null where not told."}
  no_rsvps: {type: bigint, description: "Who said no; null where not told."}
  waitlist: {type: bigint, description: "Who waited for a place; null where not told."}
  attended: {type: bigint, description: "Who was counted as present; 0 or null where nobody counted."}
  no_shows: {type: bigint, description: "Who said yes and was counted as absent; 0 or null where nobody counted."}
checks:
  - unique: [event_id]
  - not_null: [event_id, event_key, group_id, group_key, venue_key, date_key, local_date, starts_at, is_online, is_cancelled, venues]
  - references: {column: event_key, to: core.dim_meetup_event.event_key}
  - references: {column: group_key, to: core.dim_meetup_group.group_key}
  - references: {column: venue_key, to: core.dim_meetup_venue.venue_key}
  - references: {column: date_key, to: core.dim_date.date_key}
    severity: warn
  - expression: "event_key <> 'unknown' and group_key <> 'unknown'"
    name: event_and_group_are_known
    severity: warn
*/
with
    -- With local_date among what it partitions by, a window's days are all that is numbered.
    listed as (
        select
            event.event_id,
            event.group_id,
            event.local_date,
            event.starts_at,
            event.event_type,
            event.is_online,
            event.is_cancelled,
            event.duration_minutes,
            event.fee_amount,
            event.fee_currency,
            event.yes_rsvps,
            event.no_rsvps,
            event.waitlist,
            event.attended,
            event.no_shows,
            case
                when venue.event_id is null and event.event_type = 'ONLINE' then 'online'
                when lower(venue.venue_type) = 'online' then 'online'
                else venue.venue_id
            end as venue_id,
            count(venue.event_id) over (partition by event.event_id, event.local_date) as venues,
            row_number() over (
                partition by event.event_id, event.local_date
                order by case when lower(venue.venue_type) = 'online' then 1 else 0 end, venue.position
            ) as place
        from staged.meetup_events as event
        left join staged.meetup_venues as venue
            on venue.event_id = event.event_id and venue.local_date = event.local_date
        where event.status not in ('DRAFT', 'AUTOSCHED_DRAFT', 'TEMPLATE', 'PROPOSED', 'PENDING', 'BLOCKED')
    )

select
    listed.event_id,
    coalesce(event.event_key, 'unknown') as event_key,
    listed.group_id,
    coalesce(meetup_group.group_key, 'unknown') as group_key,
    coalesce(venue.venue_key, 'unknown') as venue_key,
    cast(extract(year from listed.local_date) as integer) * 10000
    + cast(extract(month from listed.local_date) as integer) * 100
    + cast(extract(day from listed.local_date) as integer) as date_key,
    listed.local_date,
    listed.starts_at,
    listed.event_type,
    coalesce(listed.is_online, listed.event_type in ('ONLINE', 'HYBRID'), false) as is_online,
    listed.is_cancelled,
    cast(listed.venues as integer) as venues,
    listed.duration_minutes,
    listed.fee_amount as fee,
    listed.fee_currency,
    listed.yes_rsvps,
    listed.no_rsvps,
    listed.waitlist,
    listed.attended,
    listed.no_shows
from listed
left join core.dim_meetup_event as event on event.event_key = listed.event_id
left join core.dim_meetup_group as meetup_group
    on meetup_group.group_id = listed.group_id
    and listed.local_date >= meetup_group.valid_from
    and listed.local_date < meetup_group.valid_to
left join core.dim_meetup_venue as venue on venue.venue_key = listed.venue_id
where listed.place = 1
