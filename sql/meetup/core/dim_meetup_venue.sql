/*
description: >-
  Where events take place: each venue as the latest event (by day, event_id, position) that named it had it, its
  coordinates as the latest event that gave any; one member, online, for everything that is no place at all; and
  one, unknown, for events that name no venue. Of some venues only the id is known.
grain: one row a venue
columns:
  venue_key: {type: text, description: "Row: Meetup's id of the venue, or online, or unknown."}
  name: {type: text, description: "Name; null where not told."}
  address: {type: text, description: "Street and number."}
  city: {type: text, description: "City."}
  state: {type: text, description: "State or province, as Meetup has it; often junk."}
  country: {type: text, description: "Country, as Meetup has it."}
  postal_code: {type: text, description: "Postal code, as Meetup has it; often junk."}
  lat: {type: double, description: "Latitude in degrees; null where unknown."}
  lon: {type: double, description: "Longitude in degrees; null where unknown."}
  is_place: {type: boolean, description: "Whether it is a place; false for online and unknown."}
checks:
  - unique: [venue_key]
  - not_null: [venue_key, is_place]
  - expression: "(lat is null) = (lon is null)"
    name: coordinates_come_in_pairs
  - expression: "is_place = (venue_key not in ('online', 'unknown'))"
    name: all_others_are_places
*/
with
    places as (
        select
            venue.venue_id,
            venue.name,
            venue.address,
            venue.city,
            venue.state,
            venue.country,
            venue.postal_code,
            venue.lat,
            venue.lon,
            venue.lat is not null and venue.lon is not null as is_located,
            venue.local_date,
            venue.event_id,
            venue.position
        from staged.meetup_venues as venue
        where
            lower(coalesce(venue.venue_type, '')) <> 'online'
            and venue.venue_id not in ('online', 'unknown')
    ),

    latest as (
        select
            venue_id,
            name,
            address,
            city,
            state,
            country,
            postal_code,
            row_number() over (
                partition by venue_id
                order by local_date desc, event_id desc, position desc
            ) as back
        from places
    ),

    located as (
        select
            venue_id,
            lat,
            lon,
            row_number() over (
                partition by venue_id
                order by local_date desc, event_id desc, position desc
            ) as back
        from places
        where is_located
    )

select
    latest.venue_id as venue_key,
    latest.name,
    latest.address,
    latest.city,
    latest.state,
    latest.country,
    latest.postal_code,
    located.lat,
    located.lon,
    true as is_place
from latest
left join located
    on located.venue_id = latest.venue_id
    and located.back = 1
where latest.back = 1
union all
select
    special.venue_key,
    special.name,
    cast(null as text) as address,
    cast(null as text) as city,
    cast(null as text) as state,
    cast(null as text) as country,
    cast(null as text) as postal_code,
    cast(null as double precision) as lat,
    cast(null as double precision) as lon,
    false as is_place
from (
    select 'online' as venue_key, 'Online' as name
    union all
    select 'unknown' as venue_key, 'Unknown venue' as name
) as special
