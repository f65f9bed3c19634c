/*
description: >-
  What each venue saw in each month in which an event was held there, and its place among the venues of that month. All
  venues are here, so that a range of months can be summed and ranked anew. An event counts at its main venue. Online is
  no venue and neither is unknown: their events are not here, nor are cancelled ones, which were not held. What Meetup has
  several times under one name and place is one venue.
grain: one row a month and venue
columns:
  month_start: {type: date, description: "First day of the month."}
  rank_in_month: {type: integer, description: "Place by events, then yes_rsvps, then venue_key; 1 saw most."}
  venue_key: {type: text, description: "Venue; of several that are one place, the first."}
  name: {type: text, description: "Its name; its address, else its id, where that is not told."}
  address: {type: text, description: "Street and number; null where not told."}
  city: {type: text, description: "City; null where not told."}
  lat: {type: double, description: "Latitude in degrees; null where unknown."}
  lon: {type: double, description: "Longitude in degrees; null where unknown."}
  events: {type: integer, description: "Events held there."}
  yes_rsvps: {type: bigint, description: "Who said yes to them; 0 for those not told."}
  attended: {type: bigint, description: "Who was counted as present; many organisers do not count."}
checks:
  - unique: [month_start, venue_key]
  - unique: [month_start, rank_in_month]
  - not_null: [month_start, rank_in_month, venue_key, name, events, yes_rsvps, attended]
  - expression: "events > 0"
    name: every_row_has_an_event
*/
with
    monthly as (
        select
            cast(date_trunc('month', fact.local_date) as date) as month_start,
            coalesce(place.place_key, fact.venue_key) as venue_key,
            count(*) as events,
            coalesce(cast(sum(fact.yes_rsvps) as bigint), 0) as yes_rsvps,
            coalesce(cast(sum(fact.attended) as bigint), 0) as attended
        from core.fact_meetup_event as fact
        left join core.dim_meetup_venue as place on place.venue_key = fact.venue_key
        where
            not fact.is_cancelled
            and fact.venue_key not in ('online', 'unknown')
        group by cast(date_trunc('month', fact.local_date) as date), coalesce(place.place_key, fact.venue_key)
    )

select
    monthly.month_start,
    cast(
        row_number() over (
            partition by monthly.month_start
            order by monthly.events desc, monthly.yes_rsvps desc, monthly.venue_key
        ) as integer
    ) as rank_in_month,
    monthly.venue_key,
    coalesce(venue.name, venue.address, monthly.venue_key) as name,
    venue.address,
    venue.city,
    venue.lat,
    venue.lon,
    cast(monthly.events as integer) as events,
    monthly.yes_rsvps,
    monthly.attended
from monthly
left join core.dim_meetup_venue as venue on venue.venue_key = monthly.venue_key
