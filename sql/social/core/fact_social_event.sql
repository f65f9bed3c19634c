/*
description: >-
  Every message of the social network: identify calls, posts, follows, unfollows, reactions and all others. A message id
  counts once: where it came with two kinds of message, the one delivered first (source_object, record_offset) is here.
  Who acted is told by user_id as it was sent, and by person_id as core.bridge_social_identity knows it: by that, what
  somebody did before they said who they are is theirs.
grain: one row a message
incremental: {keys: [message_id]}
indexes: [[occurred_at]]
columns:
  message_id: {type: text, description: "Segment's id of the message."}
  event_name: {type: text, description: "Identify, Post Created, Follow User, Unfollow User, or the name that the sender gave; for calls without one their type, such as Page."}
  type: {type: text, description: "Segment's kind of call: track, identify, page, screen, group or alias."}
  user_id: {type: text, description: "User who acted (of a post its author); null while anonymous."}
  anonymous_id: {type: text, description: "Browser or device that acted; null where not said."}
  person_id: {type: text, description: "Who acted: the user by the id that they have now, else the user whose browser or device it is, else the anonymous id; null where the message names nobody."}
  date_key: {type: integer, description: "Day of occurred_at as yyyymmdd."}
  occurred_at: {type: timestamp, description: "When it happened, in UTC."}
  campaign_source: {type: text, description: "What sent the caller (utm_source); null where not said."}
  campaign_medium: {type: text, description: "By what medium it did (utm_medium); null where not said."}
  campaign_name: {type: text, description: "The campaign's name (utm_campaign); null where not said."}
  referrer_host: {type: text, tags: [not_pii], description: "Site of the page that led to the caller's page, in lower case; null where none did."}
  device: {type: text, description: "web, server, or the kind of device that its library tells, such as ios, in lower case; null where not said."}
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
            identify.anonymous_id,
            identify.campaign_source,
            identify.campaign_medium,
            identify.campaign_name,
            identify.referrer,
            identify.device,
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
            post.anonymous_id,
            post.campaign_source,
            post.campaign_medium,
            post.campaign_name,
            post.referrer,
            post.device,
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
            follow.anonymous_id,
            follow.campaign_source,
            follow.campaign_medium,
            follow.campaign_name,
            follow.referrer,
            follow.device,
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
            unfollow.anonymous_id,
            unfollow.campaign_source,
            unfollow.campaign_medium,
            unfollow.campaign_name,
            unfollow.referrer,
            unfollow.device,
            unfollow.timestamp as occurred_at,
            unfollow.received_at,
            unfollow.source_object,
            unfollow.record_offset
        from staged.social_unfollows as unfollow
        union all
        select
            reaction.message_id,
            'Post Liked' as event_name,
            'track' as type,
            reaction.user_id,
            reaction.anonymous_id,
            reaction.campaign_source,
            reaction.campaign_medium,
            reaction.campaign_name,
            reaction.referrer,
            reaction.device,
            reaction.timestamp as occurred_at,
            reaction.received_at,
            reaction.source_object,
            reaction.record_offset
        from staged.social_reactions as reaction
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
            other.campaign_source,
            other.campaign_medium,
            other.campaign_name,
            other.referrer,
            other.device,
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
            campaign_source,
            campaign_medium,
            campaign_name,
            nullif(
                split_part(translate(nullif(split_part(referrer, '://', 2), ''), '?#', '//'), '/', 1), ''
            ) as authority,
            device,
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
    deliveries.message_id,
    deliveries.event_name,
    deliveries.type,
    deliveries.user_id,
    deliveries.anonymous_id,
    coalesce(renamed.user_id, deliveries.user_id, known.user_id, deliveries.anonymous_id) as person_id,
    cast(extract(year from deliveries.occurred_at) as integer) * 10000
    + cast(extract(month from deliveries.occurred_at) as integer) * 100
    + cast(extract(day from deliveries.occurred_at) as integer) as date_key,
    deliveries.occurred_at,
    deliveries.campaign_source,
    deliveries.campaign_medium,
    deliveries.campaign_name,
    -- The site alone: paths, queries, anchors and names of users may tell of persons.
    lower(reverse(nullif(split_part(reverse(deliveries.authority), '@', 1), ''))) as referrer_host,
    case
        when lower(deliveries.device) in ('analytics.js', '@segment/analytics-next') then 'web'
        when lower(deliveries.device) in ('analytics-ios', 'analytics-swift') then 'ios'
        when lower(deliveries.device) in ('analytics-android', 'analytics-kotlin') then 'android'
        when lower(deliveries.device) like 'analytics-%' then 'server'
        else lower(deliveries.device)
    end as device,
    deliveries.received_at,
    deliveries.source_object
from deliveries
left join core.bridge_social_identity as renamed on renamed.id = deliveries.user_id
left join core.bridge_social_identity as known on known.id = deliveries.anonymous_id
where deliveries.delivery = 1
