/*
description: >-
  Everybody who ever came, known or not, with what brought them first and how far they went: from somebody anonymous to a
  user who takes part and comes back. A person is a user with all browsers and devices that are known as theirs, or an
  anonymous id that is nobody's yet.
grain: one row a person
incremental: {keys: [person_id]}
refresh: hourly
columns:
  person_id: {type: text, description: "A user, or an anonymous id that nobody is known by."}
  first_seen_at: {type: timestamp, description: "First event, in UTC."}
  last_seen_at: {type: timestamp, description: "Last event, in UTC."}
  sessions: {type: integer, description: "Sessions so far."}
  campaign_source: {type: text, description: "utm_source of the first session; null without a campaign."}
  campaign_medium: {type: text, description: "utm_medium of the first session; null without one."}
  campaign_name: {type: text, description: "utm_campaign of the first session; null without one."}
  referrer_host: {type: text, description: "Site that led to the first session; null where none did."}
  device: {type: text, description: "Device of the first session; null where not told."}
  was_anonymous: {type: boolean, description: "Whether they were seen before they were known, or never known."}
  known_at: {type: timestamp, description: "First event with a user id, in UTC; null while anonymous."}
  took_part_at: {type: timestamp, description: "First post, follow or like, in UTC; null before."}
  came_back_at: {type: timestamp, description: "Begin of the first session on a later day (UTC) than the first; null before."}
  first_seen_week: {type: date, description: "Monday of the week (UTC) in which they were seen first."}
checks:
  - unique: [person_id]
  - not_null: [person_id, first_seen_at, last_seen_at, sessions, was_anonymous, first_seen_week]
  - expression: "first_seen_at <= last_seen_at and first_seen_at <= known_at and first_seen_at <= took_part_at and first_seen_at < came_back_at and sessions > 0"
    name: nothing_comes_before_the_first_event
  - expression: "was_anonymous = (known_at is null or known_at > first_seen_at)"
    name: anonymous_is_who_was_known_later
*/
with
    acts as (
        select
            person_id,
            min(occurred_at) as first_seen_at,
            max(occurred_at) as last_seen_at,
            min(case when user_id is not null then occurred_at end) as known_at,
            min(case when event_name in ('Post Created', 'Follow User', 'Post Liked') then occurred_at end) as took_part_at
        from core.fact_social_event
        where person_id is not null
        group by person_id
    ),

    visits as (
        select
            person_id,
            started_at,
            number,
            campaign_source,
            campaign_medium,
            campaign_name,
            referrer_host,
            device,
            min(started_at) over (partition by person_id) as first_at
        from gold.social_sessions
    ),

    came as (
        select
            person_id,
            count(*) as sessions,
            max(case when number = 1 then campaign_source end) as campaign_source,
            max(case when number = 1 then campaign_medium end) as campaign_medium,
            max(case when number = 1 then campaign_name end) as campaign_name,
            max(case when number = 1 then referrer_host end) as referrer_host,
            max(case when number = 1 then device end) as device,
            min(case when cast(started_at as date) > cast(first_at as date) then started_at end) as came_back_at
        from visits
        group by person_id
    )

select
    came.person_id,
    acts.first_seen_at,
    acts.last_seen_at,
    cast(came.sessions as integer) as sessions,
    came.campaign_source,
    came.campaign_medium,
    came.campaign_name,
    came.referrer_host,
    came.device,
    acts.known_at is null or acts.known_at > acts.first_seen_at as was_anonymous,
    acts.known_at,
    acts.took_part_at,
    came.came_back_at,
    cast(date_trunc('week', acts.first_seen_at) as date) as first_seen_week
from came
inner join acts on acts.person_id = came.person_id
