/*
description: >-
  What each group was called, how many members it had and what its status was, and when (SCD type 2), from its daily
  snapshots: a snapshot with another name, urlname, status or number of members begins a version; equal ones in
  succession are one. A version holds from valid_from (included) to valid_to (excluded) and through days on which the
  group was not looked at. The first one reaches back to 1900-01-01 and ends with the first snapshot, as events older
  than that must find their group: its name, urlname and status are the first ones seen, and members is null, as nobody
  counted. The last one is open until 9999-12-31. So "day >= valid_from and day < valid_to" finds the one row of any
  day. All other attributes are those of the last snapshot, alike in all versions. Of a closed group Meetup tells
  neither name nor members ("*** Closed Group ***", 0): both, and all other attributes but urlname and status, stay as
  they were last told. Groups that only events know have one inferred version, which bears the key that
  their first real one will have; the member unknown is for events whose group is not here.
grain: one row a group and period in which name, urlname, status and members stay the same
columns:
  group_key: {type: text, description: "Row: group_id, @ and valid_from as yyyymmdd; or unknown."}
  group_id: {type: text, description: "Meetup's id of the group; or unknown."}
  name: {type: text, description: "Name in the period; its urlname, else its id, where none was ever told."}
  urlname: {type: text, description: "The group's name in addresses in the period; null where unknown."}
  status: {type: text, description: "Meetup's status of the group in the period, such as ACTIVE; null where unknown."}
  members: {type: bigint, description: "Members in the period; null where not told, as before the first snapshot."}
  version: {type: integer, description: "Number of the period in the group's history, from 1."}
  valid_from: {type: date, description: "First day (UTC) of the period; 1900-01-01 for the first one."}
  valid_to: {type: date, description: "Day (UTC) after the period's last; 9999-12-31 while it lasts."}
  is_current: {type: boolean, description: "Whether it is the group's last period."}
  is_inferred: {type: boolean, description: "Whether the group is known from events (or not at all) instead of snapshots."}
  link: {type: text, description: "Its page."}
  is_private: {type: boolean, description: "Whether only members see its events."}
  join_mode: {type: text, description: "How one becomes a member."}
  city: {type: text, description: "City."}
  state: {type: text, description: "State or province, as Meetup has it; often junk outside the USA."}
  country: {type: text, description: "Country, as Meetup has it."}
  lat: {type: double, description: "Latitude in degrees; null where unknown."}
  lon: {type: double, description: "Longitude in degrees; null where unknown."}
  timezone: {type: text, description: "IANA time zone in which the group's days are counted."}
  category: {type: text, description: "Name of its category."}
  founded_at: {type: timestamp, description: "When it was founded, in UTC."}
  organisers: {type: bigint, description: "Members who lead; null where not told."}
  rating: {type: double, description: "Mean rating of its events, 1 to 5; null without ratings."}
  ratings: {type: bigint, description: "Ratings behind the mean."}
  last_seen_on: {type: date, description: "Day (UTC) of its last snapshot; null where inferred."}
checks:
  - unique: [group_key]
  - unique: [group_id, version]
  - unique: [group_id, valid_to]
    name: a_group_has_one_current_row
  - not_null: [group_key, group_id, name, version, valid_from, valid_to, is_current, is_inferred]
  - expression: "valid_from < valid_to"
    name: a_period_is_not_empty
  - expression: "is_current = (valid_to = date '9999-12-31')"
    name: only_the_current_row_is_open
  - expression: "(version = 1) = (valid_from = date '1900-01-01')"
    name: only_the_first_row_reaches_back
*/
with
    looks as (
        select
            group_id,
            snapshot_date,
            name,
            urlname,
            status,
            members,
            trim(replace(lower(name), '*', '')) = 'closed group' and name like '*%' as is_closed
        from staged.meetup_groups
        where group_id <> 'unknown'
    ),

    -- Each snapshot of an open group is followed by those, if any, that tell nothing of it since it closed.
    runs as (
        select
            group_id,
            snapshot_date,
            name,
            urlname,
            status,
            members,
            sum(case when is_closed then 0 else 1 end) over (partition by group_id order by snapshot_date) as run
        from looks
    ),

    told as (
        select
            group_id,
            snapshot_date,
            case
                when run = 0 then urlname
                else first_value(name) over (partition by group_id, run order by snapshot_date)
            end as name,
            urlname,
            status,
            case
                when run = 0 then cast(null as bigint)
                else first_value(members) over (partition by group_id, run order by snapshot_date)
            end as members
        from runs
    ),

    snapshots as (
        select
            group_id,
            snapshot_date,
            name,
            urlname,
            status,
            members,
            row_number() over (partition by group_id order by snapshot_date) as number,
            lag(name) over (partition by group_id order by snapshot_date) as earlier_name,
            lag(urlname) over (partition by group_id order by snapshot_date) as earlier_urlname,
            lag(status) over (partition by group_id order by snapshot_date) as earlier_status,
            lag(members) over (partition by group_id order by snapshot_date) as earlier_members
        from told
    ),

    periods as (
        select
            group_id,
            name,
            urlname,
            status,
            members,
            row_number() over (partition by group_id order by snapshot_date) + 1 as version,
            snapshot_date as valid_from,
            lead(snapshot_date) over (partition by group_id order by snapshot_date) as next_valid_from
        from snapshots
        where
            number = 1
            or name is distinct from earlier_name
            or urlname is distinct from earlier_urlname
            or status is distinct from earlier_status
            or members is distinct from earlier_members
    ),

    last_looks as (
        select
            group_id,
            max(snapshot_date) as last_seen_on
        from looks
        group by group_id
    ),

    latest as (
        select
            staged.group_id,
            staged.link,
            staged.is_private,
            staged.join_mode,
            staged.city,
            staged.state,
            staged.country,
            staged.lat,
            staged.lon,
            staged.timezone,
            staged.category,
            staged.founded_at,
            staged.organisers,
            staged.rating,
            staged.ratings,
            row_number() over (
                partition by staged.group_id
                order by case when looks.is_closed then 1 else 0 end, staged.snapshot_date desc
            ) as back
        from staged.meetup_groups as staged
        inner join looks on looks.group_id = staged.group_id and looks.snapshot_date = staged.snapshot_date
    ),

    event_groups as (
        select
            event.group_id,
            event.group_urlname,
            row_number() over (
                partition by event.group_id
                order by event.local_date desc, event.event_id desc
            ) as back
        from staged.meetup_events as event
        where
            event.group_id <> 'unknown'
            and not exists (select 1 from staged.meetup_groups as known where known.group_id = event.group_id)
    ),

    versions as (
        select
            group_id,
            name,
            urlname,
            status,
            members,
            version,
            valid_from,
            next_valid_from,
            false as is_inferred
        from periods
        union all
        select
            group_id,
            name,
            urlname,
            status,
            cast(null as bigint) as members,
            cast(1 as bigint) as version,
            date '1900-01-01' as valid_from,
            snapshot_date as next_valid_from,
            false as is_inferred
        from snapshots
        where number = 1
        union all
        select
            group_id,
            coalesce(group_urlname, group_id) as name,
            group_urlname as urlname,
            cast(null as text) as status,
            cast(null as bigint) as members,
            cast(1 as bigint) as version,
            date '1900-01-01' as valid_from,
            cast(null as date) as next_valid_from,
            true as is_inferred
        from event_groups
        where back = 1
        union all
        select
            'unknown' as group_id,
            'Unknown group' as name,
            cast(null as text) as urlname,
            cast(null as text) as status,
            cast(null as bigint) as members,
            cast(1 as bigint) as version,
            date '1900-01-01' as valid_from,
            cast(null as date) as next_valid_from,
            true as is_inferred
    )

select
    case
        when versions.group_id = 'unknown' then 'unknown'
        else versions.group_id || '@' || to_char(cast(versions.valid_from as timestamp), 'YYYYMMDD')
    end as group_key,
    versions.group_id,
    versions.name,
    versions.urlname,
    versions.status,
    versions.members,
    cast(versions.version as integer) as version,
    versions.valid_from,
    coalesce(versions.next_valid_from, date '9999-12-31') as valid_to,
    versions.next_valid_from is null as is_current,
    versions.is_inferred,
    latest.link,
    latest.is_private,
    latest.join_mode,
    latest.city,
    latest.state,
    latest.country,
    latest.lat,
    latest.lon,
    latest.timezone,
    latest.category,
    latest.founded_at,
    latest.organisers,
    latest.rating,
    latest.ratings,
    last_looks.last_seen_on
from versions
left join last_looks on last_looks.group_id = versions.group_id
left join latest
    on latest.group_id = versions.group_id
    and latest.back = 1
