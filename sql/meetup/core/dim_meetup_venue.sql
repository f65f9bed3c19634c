/*
description: >-
  Where events take place: each venue as the latest event (by day, event_id, position) that named it had it, its
  coordinates as the latest event that gave any; one member, online, for everything that is no place at all; and
  one, unknown, for events that name no venue. Of some venues only the id is known. Meetup has many a place several
  times: venues of one name that are within a thousandth of a degree, or at one address, share a place_key.
grain: one row a venue
columns:
  venue_key: {type: text, description: "Row: Meetup's id of the venue, or online, or unknown."}
  place_key: {type: text, description: "First venue_key of those that are the same place by name and position."}
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
  - not_null: [venue_key, place_key, is_place]
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
            -- What is no place on earth is on no map, whoever staged it.
            venue.lat between -90 and 90
            and venue.lon between -180 and 180
            and not (venue.lat = 0 and venue.lon = 0) as is_located,
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
    ),

    known as (
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
            replace(lower(trim(latest.name)), '  ', ' ') as same_name,
            lower(trim(latest.address)) as same_address,
            lower(trim(latest.city)) as same_city
        from latest
        left join located
            on located.venue_id = latest.venue_id
            and located.back = 1
        where latest.back = 1
    ),

    firsts as (
        select
            known.venue_key,
            min(other.venue_key) as first_key
        from known
        inner join known as other on other.same_name = known.same_name
        where
            known.same_name <> ''
            and (
                (abs(other.lat - known.lat) <= 0.001 and abs(other.lon - known.lon) <= 0.001)
                or (
                    other.same_address = known.same_address
                    and known.same_address <> ''
                    and other.same_city = known.same_city
                )
            )
        group by known.venue_key
    )

select
    known.venue_key,
    -- In a row of neighbours the first may be out of reach of the last, so the first one's first is asked for.
    coalesce(again.first_key, firsts.first_key, known.venue_key) as place_key,
    known.name,
    known.address,
    known.city,
    known.state,
    known.country,
    known.postal_code,
    known.lat,
    known.lon,
    true as is_place
from known
left join firsts on firsts.venue_key = known.venue_key
left join firsts as again on again.venue_key = firsts.first_key
union all
select
    special.venue_key,
    special.venue_key as place_key,
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
