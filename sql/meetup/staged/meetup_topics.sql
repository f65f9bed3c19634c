/*
description: >-
  Topics that any group ever had, named as they were when last seen; where groups disagree on one day, as the group with
  the lowest id has it. Topics that only events bear are not here: events name them by id alone.
grain: one row a topic
incremental: {keys: [topic_id]}
columns:
  topic_id: {type: text, description: "Meetup's id of the topic."}
  topic: {type: text, description: "Name."}
  urlkey: {type: text, description: "The topic's name in addresses."}
  first_seen_on: {type: date, description: "First day (UTC) on which a group was seen with it."}
  last_seen_on: {type: date, description: "Last such day."}
checks:
  - unique: [topic_id]
  - not_null: [topic_id, topic, first_seen_on, last_seen_on]
  - expression: "first_seen_on <= last_seen_on"
    name: seen_first_before_last
*/
with
    sightings as (
        select
            topic_id,
            topic,
            urlkey,
            snapshot_date as last_seen_on,
            min(snapshot_date) over (partition by topic_id) as first_seen_on,
            row_number() over (partition by topic_id order by snapshot_date desc, group_id asc) as back
        from staged.meetup_group_topics
    )

select
    topic_id,
    topic,
    urlkey,
    first_seen_on,
    last_seen_on
from sightings
where back = 1
