/*
description: >-
  Every event, held or called off, with all that one filters, counts, ranks and maps events by: what
  gold.meetup_events_by_month, gold.meetup_top_events, gold.meetup_top_groups, gold.meetup_top_venues and
  gold.meetup_heatmap sum up can be summed up from here for any choice of events; which words their titles have is in
  gold.meetup_title_words. Cancelled events are here with is_cancelled: they were not held.
grain: one row an event
incremental: {keys: [event_id]}
columns:
  event_id: {type: text, description: "Event."}
  local_date: {type: date, description: "Day on which it began, where the group is."}
  local_hour: {type: integer, description: "Hour of that day in which it began, 0 to 23, as the clock there showed; null where not told."}
  title: {type: text, description: "Title; the event's id where that is not known."}
  event_url: {type: text, description: "Its page; null where not known."}
  group_id: {type: text, description: "Group that held it."}
  group_name: {type: text, description: "That group's name now; its id where that is not known."}
  group_link: {type: text, description: "That group's page; null where not known."}
  venue_key: {type: text, description: "Main venue; of several that are one place, the first; or online, or unknown."}
  venue_name: {type: text, description: "That venue's name; its address, else its id, where that is not told."}
  lat: {type: double, description: "Latitude of the main venue in degrees; null where it has none."}
  lon: {type: double, description: "Longitude of the main venue in degrees; null where it has none."}
  yes_rsvps: {type: bigint, description: "Who said yes; 0 where not told."}
  waitlist: {type: bigint, description: "Who waited for a place; 0 where not told."}
  attended: {type: bigint, description: "Who was counted as present; 0 where nobody counted, as many organisers do."}
  fee: {type: "decimal(12,2)", description: "Fee a head, in fee_currency; null where there is none."}
  fee_currency: {type: text, description: "Currency of the fee (ISO 4217); null where there is none."}
  is_online: {type: boolean, description: "Whether it took place (also) online."}
  is_cancelled: {type: boolean, description: "Whether it was called off, and so not held."}
checks:
  - unique: [event_id]
  - not_null: [event_id, local_date, title, group_id, group_name, venue_key, venue_name, yes_rsvps, waitlist, attended, is_online, is_cancelled]
  - expression: "local_hour between 0 and 23"
    name: an_hour_is_one_of_a_day
  - expression: "(lat is null) = (lon is null)"
    name: coordinates_come_in_pairs
  - expression: "lat between -90 and 90 and lon between -180 and 180"
    name: on_the_globe
    severity: warn
*/
select
    fact.event_id,
    fact.local_date,
    cast(extract(hour from event.local_start) as integer) as local_hour,
    coalesce(event.title, fact.event_id) as title,
    event.event_url,
    fact.group_id,
    coalesce(meetup_group.name, fact.group_id) as group_name,
    meetup_group.link as group_link,
    coalesce(venue.place_key, fact.venue_key) as venue_key,
    coalesce(place.name, place.address, venue.place_key, fact.venue_key) as venue_name,
    venue.lat,
    venue.lon,
    coalesce(fact.yes_rsvps, 0) as yes_rsvps,
    coalesce(fact.waitlist, 0) as waitlist,
    coalesce(fact.attended, 0) as attended,
    fact.fee,
    fact.fee_currency,
    fact.is_online,
    fact.is_cancelled
from core.fact_meetup_event as fact
left join core.dim_meetup_event as event on event.event_key = fact.event_id
left join core.dim_meetup_group as meetup_group
    on meetup_group.group_id = fact.group_id
    and meetup_group.is_current
left join core.dim_meetup_venue as venue on venue.venue_key = fact.venue_key
left join core.dim_meetup_venue as place on place.venue_key = venue.place_key
