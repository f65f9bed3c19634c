/*
title: Groups by topic, members and place
description: >-
  Meetup groups as they are now that have the chosen topics, any or every one of them, so many members, and are in the
  chosen places. A group whose members or place nobody told is not found by them.
grain: one row a group
parameters:
  topics: {type: text, label: Topics, many: true, required: false, choices: {from: core.dim_meetup_topic.name}, help: "All groups, where none is chosen."}
  match: {type: text, label: A group has, choices: {any: any of the topics, all: every topic}, default: any}
  members_from: {type: bigint, label: Members from, min: 0, required: false}
  members_to: {type: bigint, label: Members to, min: 0, required: false}
  cities: {type: text, label: Cities, many: true, required: false, choices: {from: gold.meetup_group_directory.city}, help: "All, where none is chosen."}
  countries: {type: text, label: Countries, many: true, required: false, choices: {from: gold.meetup_group_directory.country}, help: "All, where none is chosen."}
rules:
  - {holds: members_from <= members_to, at: members_to, message: must not be below the least number}
columns:
  group_id: {type: text, description: "Group."}
  name: {type: text, description: "Name."}
  link: {type: text, description: "Its page; null where unknown."}
  city: {type: text, description: "City; null where unknown."}
  state: {type: text, description: "State or province, as Meetup has it; often junk outside the USA."}
  country: {type: text, description: "Country, as Meetup has it."}
  category: {type: text, description: "Name of its category; null where unknown."}
  topics: {type: text, description: "Names of its current topics, sorted, with a comma and a blank between; null without any."}
  topics_met: {type: bigint, description: "How many of the chosen topics it has."}
  members: {type: bigint, description: "Members when last told; null where that never was."}
  rating: {type: double, description: "Mean rating of its events, 1 to 5; null without ratings."}
  events_held: {type: integer, description: "Events held."}
  last_event_on: {type: date, description: "Day of the last event held, where the group is; null without any."}
checks:
  - unique: [group_id]
  - not_null: [group_id, name, topics_met, events_held]
chart: {title: "Groups by city", x: city, y: "count(*)"}
show:
  columns: [name, city, topics, members, rating, events_held, last_event_on]
  sort: [members desc, name]
*/
with
    topics as (
        -- Two topics may have one name, and are then one choice.
        select bridge.group_id, count(distinct topic.name) as met
        from core.bridge_meetup_group_topic as bridge
        inner join core.dim_meetup_topic as topic on topic.topic_key = bridge.topic_key
        where bridge.is_current and topic.name in (select value from request.topics)
        group by bridge.group_id
    )
select
    directory.group_id,
    directory.name,
    directory.link,
    directory.city,
    directory.state,
    directory.country,
    directory.category,
    directory.topics,
    coalesce(topics.met, 0) as topics_met,
    directory.members,
    directory.rating,
    directory.events_held,
    directory.last_event_on
from gold.meetup_group_directory as directory
left join topics on topics.group_id = directory.group_id
where (
        coalesce(topics.met, 0) = (select count(*) from request.topics)
        or (:match = 'any' and topics.met > 0)
    )
    and (:members_from is null or directory.members >= :members_from)
    and (:members_to is null or directory.members <= :members_to)
    and (directory.city in (select value from request.cities) or not exists (select 1 from request.cities))
    and (
        directory.country in (select value from request.countries)
        or not exists (select 1 from request.countries)
    )
