/*
description: >-
  Every event that was held, with its place among the events of its month, so that the top of any range of days can be
  taken. Cancelled events are not here.
grain: one row an event held
columns:
  month_start: {type: date, description: "First day of the month."}
  rank_in_month: {type: integer, description: "Place by yes_rsvps, then attended, then event_id; 1 drew most."}
  event_id: {type: text, description: "Event."}
  local_date: {type: date, description: "Day on which it began, where the group is."}
  title: {type: text, description: "Title; the event's id where that is not known."}
  event_url: {type: text, description: "Its page; null where not known."}
  group_id: {type: text, description: "Group that held it."}
  group_name: {type: text, description: "That group's name now; its id where that is not known."}
  venue_key: {type: text, description: "Main venue, or online, or unknown."}
  venue_name: {type: text, description: "That venue's name; null where not told."}
  is_online: {type: boolean, description: "Whether it took place (also) online."}
  yes_rsvps: {type: bigint, description: "Who said yes; 0 where not told."}
  waitlist: {type: bigint, description: "Who waited for a place; 0 where not told."}
  attended: {type: bigint, description: "Who was counted as present; many organisers do not count."}
checks:
  - unique: [event_id]
  - unique: [month_start, rank_in_month]
  - not_null: [month_start, rank_in_month, event_id, local_date, title, group_id, group_name, venue_key, is_online, yes_rsvps, waitlist, attended]
*/
with
    held as (
        select
            cast(date_trunc('month', local_date) as date) as month_start,
            event_id,
            local_date,
            group_id,
            venue_key,
            is_online,
            coalesce(yes_rsvps, 0) as yes_rsvps,
            coalesce(waitlist, 0) as waitlist,
            coalesce(attended, 0) as attended
        from core.fact_meetup_event
        where not is_cancelled
    )

select
    held.month_start,
    cast(
        row_number() over (
            partition by held.month_start
            order by held.yes_rsvps desc, held.attended desc, held.event_id
        ) as integer
    ) as rank_in_month,
    held.event_id,
    held.local_date,
    coalesce(event.title, held.event_id) as title,
    event.event_url,
    held.group_id,
    coalesce(meetup_group.name, held.group_id) as group_name,
    held.venue_key,
    venue.name as venue_name,
    held.is_online,
    held.yes_rsvps,
    held.waitlist,
    held.attended
from held
left join core.dim_meetup_event as event on event.event_key = held.event_id
left join core.dim_meetup_venue as venue on venue.venue_key = held.venue_key
left join core.dim_meetup_group as meetup_group
    on meetup_group.group_id = held.group_id
    and meetup_group.is_current
