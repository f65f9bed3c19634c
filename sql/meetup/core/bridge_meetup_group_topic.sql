/*
description: >-
  Which topics each group has (is_current) or had. A topic is current where the group had it when it was last looked at;
  days on which a group was not looked at say nothing. Groups without topics are not here.
grain: one row a group and topic
incremental: {keys: [group_id]}
columns:
  group_id: {type: text, description: "Group, in whatever version."}
  topic_key: {type: text, description: "Topic."}
  first_seen_on: {type: date, description: "First day (UTC) on which the group was seen with it."}
  last_seen_on: {type: date, description: "Last such day; the topic may have been missing in between."}
  is_current: {type: boolean, description: "Whether the group had it when it was last looked at."}
checks:
  - unique: [group_id, topic_key]
  - not_null: [group_id, topic_key, first_seen_on, last_seen_on, is_current]
  - expression: "first_seen_on <= last_seen_on"
    name: seen_first_before_last
  # Warnings, as rows may have been staged since groups and topics were made; the next materialisation mends that.
  - references: {column: group_id, to: core.dim_meetup_group.group_id}
    severity: warn
  - references: {column: topic_key, to: core.dim_meetup_topic.topic_key}
    severity: warn
*/
with
    -- A group that lost all of its topics is seen without them in its own snapshots alone.
    looks as (
        select group_id, snapshot_date from staged.meetup_groups
        union all
        select group_id, snapshot_date from staged.meetup_group_topics
    ),

    last_looks as (
        select
            group_id,
            max(snapshot_date) as snapshot_date
        from looks
        group by group_id
    ),

    sightings as (
        select
            group_id,
            topic_id,
            min(snapshot_date) as first_seen_on,
            max(snapshot_date) as last_seen_on
        from staged.meetup_group_topics
        group by group_id, topic_id
    )

select
    sightings.group_id,
    sightings.topic_id as topic_key,
    sightings.first_seen_on,
    sightings.last_seen_on,
    sightings.last_seen_on = last_looks.snapshot_date as is_current
from sightings
inner join last_looks on last_looks.group_id = sightings.group_id
