/*
description: >-
  Every message of the social network: identify calls, posts, follows, unfollows and all others. A message id counts
  once: where it came with two kinds of message, the one delivered first (source_object, record_offset) is here.
grain: one row a message
incremental: {keys: [message_id]}
columns:
  message_id: {type: text, description: "Segment's id of the message."}
  event_name: {type: text, description: "Identify, Post Created, Follow User, Unfollow User, or the name that the sender gave; for calls without one their type, such as Page."}
  type: {type: text, description: "Segment's kind of call: track, identify, page, screen, group or alias."}
  user_id: {type: text, description: "User who acted (of a post its author); null while anonymous."}
  anonymous_id: {type: text, description: "Browser or device that acted; known only for messages other than identified identify calls, posts, follows and unfollows."}
  date_key: {type: integer, description: "Day of occurred_at as yyyymmdd."}
  occurred_at: {type: timestamp, description: "When it happened, in UTC."}
  received_at: {type: timestamp, description: "When the collector received it, in UTC; null where not said."}
  source_object: {type: text, description: "Key of the lake object that delivered it."}
chart: {title: "Messages by event", x: event_name, y: "count(*)", kind: bar}
checks:
  - unique: [message_id]
  - not_null: [message_id, event_name, type, date_key, occurred_at, source_object]
  - accepted_values: {column: type, values: [track, identify, page, screen, group, alias]}
    severity: warn
  - references: {column: date_key, to: core.dim_date.date_key}
    severity: warn
  # A warning, as rows may have been staged since the users were made; the next materialisation mends that.
  - references: {column: user_id, to: core.dim_social_user.user_id}
    severity: warn
*/
with
    messages as (
        select
            identify.message_id,
            'Identify' as event_name,
            'identify' as type,
            identify.user_id,
            cast(null as text) as anonymous_id,
            identify.timestamp as occurred_at,
            identify.received_at,
            identify.source_object,
            identify.record_offset
        from staged.social_users as identify
        union all
        select
            post.message_id,
            'Post Created' as event_name,
            'track' as type,
            post.user_id,
            cast(null as text) as anonymous_id,
            post.timestamp as occurred_at,
            post.received_at,
            post.source_object,
            post.record_offset
        from staged.social_posts as post
        union all
        select
            follow.message_id,
            'Follow User' as event_name,
            'track' as type,
            follow.user_id,
            cast(null as text) as anonymous_id,
            follow.timestamp as occurred_at,
            follow.received_at,
            follow.source_object,
            follow.record_offset
        from staged.social_follows as follow
        union all
        select
            unfollow.message_id,
            'Unfollow User' as event_name,
            'track' as type,
            unfollow.user_id,
            cast(null as text) as anonymous_id,
            unfollow.timestamp as occurred_at,
            unfollow.received_at,
            unfollow.source_object,
            unfollow.record_offset
        from staged.social_unfollows as unfollow
        union all
        select
            other.message_id,
            coalesce(
                nullif(other.event, ''),
                upper(substring(other.type from 1 for 1)) || substring(other.type from 2)
            ) as event_name,
            other.type,
            other.user_id,
            other.anonymous_id,
            other.timestamp as occurred_at,
            other.received_at,
            other.source_object,
            other.record_offset
        from staged.social_other_events as other
    ),

    deliveries as (
        select
            message_id,
            event_name,
            type,
            user_id,
            anonymous_id,
            occurred_at,
            received_at,
            source_object,
            row_number() over (
                partition by message_id
                order by source_object, record_offset, event_name
            ) as delivery
        from messages
    )

select
    message_id,
    event_name,
    type,
    user_id,
    anonymous_id,
    cast(extract(year from occurred_at) as integer) * 10000
    + cast(extract(month from occurred_at) as integer) * 100
    + cast(extract(day from occurred_at) as integer) as date_key,
    occurred_at,
    received_at,
    source_object
from deliveries
where delivery = 1
