/*
description: >-
  Every group as it is now, with its topics and what it has held so far. Groups that only events know are here too, with
  little said of them. A cancelled event was not held.
grain: one row a group
incremental: {keys: [group_id]}
columns:
  group_id: {type: text, description: "Group."}
  name: {type: text, description: "Name."}
  urlname: {type: text, description: "The group's name in addresses; null where unknown."}
  link: {type: text, description: "Its page; null where unknown."}
  status: {type: text, description: "Meetup's status of the group; null where unknown."}
  is_inferred: {type: boolean, description: "Whether the group is known from events alone."}
  city: {type: text, description: "City; null where unknown."}
  state: {type: text, description: "State or province, as Meetup has it; often junk outside the USA."}
  country: {type: text, description: "Country, as Meetup has it."}
  lat: {type: double, description: "Latitude in degrees; null where unknown."}
  lon: {type: double, description: "Longitude in degrees; null where unknown."}
  category: {type: text, description: "Name of its category; null where unknown."}
  topics: {type: text, description: "Names of its current topics, sorted, with a comma and a blank between; null without any."}
  members: {type: bigint, description: "Members when last told; null where that never was."}
  rating: {type: double, description: "Mean rating of its events, 1 to 5; null without ratings."}
  founded_at: {type: timestamp, description: "When it was founded, in UTC; null where unknown."}
  last_seen_on: {type: date, description: "Day (UTC) of its last snapshot; null where there is none."}
  events_held: {type: integer, description: "Events held."}
  events_cancelled: {type: integer, description: "Events called off."}
  first_event_on: {type: date, description: "Day of the first event held, where the group is; null without any."}
  last_event_on: {type: date, description: "Day of the last event held, where the group is; null without any."}
  average_yes_rsvps: {type: double, description: "Mean of yes answers to those events held of which they are told; null without any."}
checks:
  - unique: [group_id]
  - not_null: [group_id, name, is_inferred, events_held, events_cancelled]
  - expression: "(events_held = 0) = (last_event_on is null) and first_event_on <= last_event_on"
    name: events_have_days
*/
with
    topics as (
        select
            bridge.group_id,
            string_agg(topic.name, ', ' order by topic.name) as topics
        from core.bridge_meetup_group_topic as bridge
        inner join core.dim_meetup_topic as topic on topic.topic_key = bridge.topic_key
        where bridge.is_current
        group by bridge.group_id
    ),

    last_told as (
        select
            group_id,
            members,
            row_number() over (partition by group_id order by version desc) as back
        from core.dim_meetup_group
        where members is not null
    ),

    activity as (
        select
            group_id,
            count(case when not is_cancelled then 1 end) as events_held,
            count(case when is_cancelled then 1 end) as events_cancelled,
            min(case when not is_cancelled then local_date end) as first_event_on,
            max(case when not is_cancelled then local_date end) as last_event_on,
            avg(cast(case when not is_cancelled then yes_rsvps end as double precision)) as average_yes_rsvps
        from core.fact_meetup_event
        group by group_id
    )

select
    meetup_group.group_id,
    meetup_group.name,
    meetup_group.urlname,
    meetup_group.link,
    meetup_group.status,
    meetup_group.is_inferred,
    meetup_group.city,
    meetup_group.state,
    meetup_group.country,
    meetup_group.lat,
    meetup_group.lon,
    meetup_group.category,
    topics.topics,
    last_told.members,
    meetup_group.rating,
    meetup_group.founded_at,
    meetup_group.last_seen_on,
    cast(coalesce(activity.events_held, 0) as integer) as events_held,
    cast(coalesce(activity.events_cancelled, 0) as integer) as events_cancelled,
    activity.first_event_on,
    activity.last_event_on,
    activity.average_yes_rsvps
from core.dim_meetup_group as meetup_group
left join topics on topics.group_id = meetup_group.group_id
left join last_told
    on last_told.group_id = meetup_group.group_id
    and last_told.back = 1
left join activity on activity.group_id = meetup_group.group_id
where
    meetup_group.is_current
    and meetup_group.group_key <> 'unknown'
