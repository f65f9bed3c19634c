/*
description: >-
  Visits: events of one person (core.fact_social_event.person_id, so that what a browser did before its user was known is
  the user's) that follow one another within 30 minutes, on whatever devices. An event more than 30 minutes after the one
  before begins a new session. Events that name neither user nor browser are in none.
grain: one row a session
incremental: {keys: [person_id]}
refresh: hourly
columns:
  session_id: {type: text, description: "person_id, @ and started_at as yyyymmddhhmmss."}
  person_id: {type: text, description: "Who came: a user, or an anonymous id that nobody is known by."}
  number: {type: integer, description: "Number of the person's session, from 1."}
  is_known: {type: boolean, description: "Whether an event of the session bears a user id."}
  started_at: {type: timestamp, description: "First event, in UTC."}
  ended_at: {type: timestamp, description: "Last event, in UTC."}
  seconds: {type: bigint, description: "Seconds from the first event to the last, each taken to the nearest second; 0 for a single event."}
  events: {type: integer, description: "Messages of all kinds."}
  views: {type: integer, description: "Pages and screens looked at."}
  posts: {type: integer, description: "Messages that tell of a post."}
  follows: {type: integer, description: "Messages that somebody is followed."}
  reactions: {type: integer, description: "Messages that a post is liked."}
  campaign_source: {type: text, description: "utm_source of the session's first event that names one; null where none does."}
  campaign_medium: {type: text, description: "utm_medium of that event."}
  campaign_name: {type: text, description: "utm_campaign of that event."}
  referrer_host: {type: text, description: "Site that led to the first event; null where none did. Later pages are led to by the network's own."}
  device: {type: text, description: "Device of the first event that tells one; null where none does."}
chart: {title: "Sessions by day", x: "cast(started_at as date)", y: "count(*)", kind: line}
checks:
  - unique: [session_id]
  - unique: [person_id, number]
  - not_null: [session_id, person_id, number, is_known, started_at, ended_at, seconds, events, views, posts, follows, reactions]
  - expression: "started_at <= ended_at and seconds >= 0 and events > 0 and number > 0"
    name: a_session_has_events_in_order
*/
with
    events as (
        select
            person_id,
            user_id,
            message_id,
            event_name,
            type,
            occurred_at,
            campaign_source,
            campaign_medium,
            campaign_name,
            referrer_host,
            device,
            lag(occurred_at) over (partition by person_id order by occurred_at, message_id) as earlier_at
        from core.fact_social_event
        where person_id is not null
    ),

    numbered as (
        select
            person_id,
            user_id,
            message_id,
            event_name,
            type,
            occurred_at,
            campaign_source,
            campaign_medium,
            campaign_name,
            referrer_host,
            device,
            case when coalesce(campaign_source, campaign_medium, campaign_name) is not null then 1 else 0 end
                as has_campaign,
            sum(case when occurred_at <= earlier_at + interval '30 minutes' then 0 else 1 end) over (
                partition by person_id
                order by occurred_at, message_id
                rows between unbounded preceding and current row
            ) as number
        from events
    ),

    ranked as (
        select
            person_id,
            user_id,
            event_name,
            type,
            occurred_at,
            campaign_source,
            campaign_medium,
            campaign_name,
            referrer_host,
            device,
            number,
            row_number() over (
                partition by person_id, number
                order by has_campaign desc, occurred_at, message_id
            ) as campaign_rank,
            row_number() over (
                partition by person_id, number
                order by occurred_at, message_id
            ) as event_rank,
            row_number() over (
                partition by person_id, number
                order by case when device is null then 1 else 0 end, occurred_at, message_id
            ) as device_rank
        from numbered
    )

select
    person_id || '@' || to_char(min(occurred_at), 'YYYYMMDDHH24MISS') as session_id,
    person_id,
    cast(number as integer) as number,
    count(user_id) > 0 as is_known,
    min(occurred_at) as started_at,
    max(occurred_at) as ended_at,
    cast(extract(epoch from max(occurred_at)) as bigint)
    - cast(extract(epoch from min(occurred_at)) as bigint) as seconds,
    cast(count(*) as integer) as events,
    cast(count(case when type in ('page', 'screen') then 1 end) as integer) as views,
    cast(count(case when event_name = 'Post Created' then 1 end) as integer) as posts,
    cast(count(case when event_name = 'Follow User' then 1 end) as integer) as follows,
    cast(count(case when event_name = 'Post Liked' then 1 end) as integer) as reactions,
    max(case when campaign_rank = 1 then campaign_source end) as campaign_source,
    max(case when campaign_rank = 1 then campaign_medium end) as campaign_medium,
    max(case when campaign_rank = 1 then campaign_name end) as campaign_name,
    max(case when event_rank = 1 then referrer_host end) as referrer_host,
    max(case when device_rank = 1 then device end) as device
from ranked
group by person_id, number
