/*
description: Topics that groups name themselves after, and one member, unknown, for whatever is not among them.
grain: one row a topic
columns:
  topic_key: {type: text, description: "Row: Meetup's id of the topic, or unknown."}
  name: {type: text, description: "Name."}
  urlkey: {type: text, description: "The topic's name in addresses; null for the unknown topic."}
  first_seen_on: {type: date, description: "First day (UTC) on which a group was seen with it; null for the unknown topic."}
  last_seen_on: {type: date, description: "Last such day; null for the unknown topic."}
checks:
  - unique: [topic_key]
  - not_null: [topic_key, name]
*/
select
    topic.topic_id as topic_key,
    topic.topic as name,
    topic.urlkey,
    topic.first_seen_on,
    topic.last_seen_on
from staged.meetup_topics as topic
where topic.topic_id <> 'unknown'
union all
select
    'unknown' as topic_key,
    'Unknown topic' as name,
    cast(null as text) as urlkey,
    cast(null as date) as first_seen_on,
    cast(null as date) as last_seen_on
