/*
description: >-
  Where events were held in each month: events and yes answers by the coordinates of the main venue, each rounded to the
  nearest hundredth of a degree (halves up; about a kilometre). Events online only, and those whose venue is unknown or
  has no coordinates, are on no map (gold.meetup_events_by_month counts located_events); cancelled ones were not held.
grain: one row a month, rounded latitude and rounded longitude
columns:
  month_start: {type: date, description: "First day of the month."}
  lat: {type: double, description: "Latitude in degrees, rounded to two decimals."}
  lon: {type: double, description: "Longitude in degrees, rounded to two decimals."}
  events: {type: integer, description: "Events held there."}
  yes_rsvps: {type: bigint, description: "Who said yes to them; 0 for those not told."}
checks:
  - unique: [month_start, lat, lon]
  - not_null: [month_start, lat, lon, events, yes_rsvps]
  - expression: "events > 0 and yes_rsvps >= 0"
    name: every_row_has_an_event
  - expression: "lat between -90 and 90 and lon between -180 and 180"
    name: on_the_globe
    severity: warn
*/
with
    -- Doubles are rounded by floor, which is the same everywhere; round is not.
    located as (
        select
            cast(date_trunc('month', fact.local_date) as date) as month_start,
            floor(venue.lat * 100 + 0.5) / 100 as lat,
            floor(venue.lon * 100 + 0.5) / 100 as lon,
            fact.yes_rsvps
        from core.fact_meetup_event as fact
        inner join core.dim_meetup_venue as venue on venue.venue_key = fact.venue_key
        where
            not fact.is_cancelled
            and venue.lat is not null
    )

select
    month_start,
    lat,
    lon,
    cast(count(*) as integer) as events,
    coalesce(cast(sum(yes_rsvps) as bigint), 0) as yes_rsvps
from located
group by month_start, lat, lon
