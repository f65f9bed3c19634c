/*
description: >-
  Who each user said they were, and when (SCD type 2). Recomputed from all identify calls, in the order of timestamp,
  received_at (unknown last), source_object, record_offset and message_id, so that late calls take their place and the
  order of arrival decides nothing; of several calls at one instant the state after the last one counts. What a call
  leaves out keeps its earlier value; traits are the latest non-empty ones as a whole, not merged key by key. Periods
  with equal states are one. History starts at a user's first sight in any event, as actor, author or recipient: up to
  the first identify call all attributes are null and is_identified is false, so that every fact finds its user. A row
  holds from valid_from (included) to valid_to (excluded); the last one is open until 9999-12-31, so that
  "t >= valid_from and t < valid_to" finds the one row of any instant t since first sight.
grain: one row a user and period in which all profile attributes stay the same
incremental: {keys: [user_id]}
columns:
  user_key: {type: text, description: "Row: user_id, @, valid_from as yyyymmddhhmmss, and a dot with the row's number among those of that second; earlier rows keep theirs when later ones are added."}
  user_id: {type: text, description: "User."}
  username: {type: text, description: "Name shown to others; null until the user gives one."}
  email: {type: text, description: "Mail address; null until the user gives one."}
  about_me: {type: text, description: "What the user wrote about themself; null until they do."}
  traits: {type: text, description: "The other traits of the latest identify call that had any, as a JSON object with sorted keys; null before that."}
  is_identified: {type: boolean, description: "Whether the user has been identified by then; if not, all that describes them is null."}
  version: {type: integer, description: "Number of the period in the user's history, from 1."}
  valid_from: {type: timestamp, description: "When the period begins (included), in UTC."}
  valid_to: {type: timestamp, description: "When the period ends (excluded), in UTC; 9999-12-31 while it lasts."}
  is_current: {type: boolean, description: "Whether it is the user's last period."}
checks:
  - unique: [user_key]
  - unique: [user_id, version]
  - unique: [user_id, valid_from]
  - unique: [user_id, valid_to]
    name: a_user_has_one_current_row
  - not_null: [user_key, user_id, is_identified, version, valid_from, valid_to, is_current]
  - expression: "valid_from < valid_to"
    name: a_period_is_not_empty
  - expression: "is_current = (valid_to = timestamp '9999-12-31 00:00:00')"
    name: only_the_current_row_is_open
  - expression: "is_identified or (version = 1 and username is null and email is null and about_me is null and traits is null)"
    name: nothing_is_known_before_the_first_identify_call
*/
with
    -- A post can be dated before its message, and then its author must be there already.
    seen as (
        select post.user_id, post.published_at as seen_at from staged.social_posts as post
        union all
        select post.user_id, post.timestamp as seen_at from staged.social_posts as post
        union all
        select follow.user_id, follow.timestamp as seen_at from staged.social_follows as follow
        union all
        select follow.user_id_recipient as user_id, follow.timestamp as seen_at from staged.social_follows as follow
        union all
        select unfollow.user_id, unfollow.timestamp as seen_at from staged.social_unfollows as unfollow
        union all
        select unfollow.user_id_recipient as user_id, unfollow.timestamp as seen_at
        from staged.social_unfollows as unfollow
        union all
        select reaction.user_id, reaction.timestamp as seen_at from staged.social_reactions as reaction
        union all
        select other.user_id, other.timestamp as seen_at
        from staged.social_other_events as other
        where other.user_id is not null
    ),

    -- A first sight is like an identify call that says nothing; at the instant of a real one it changes nothing.
    calls as (
        select
            identify.user_id,
            identify.timestamp as called_at,
            1 as is_identify,
            identify.received_at,
            identify.source_object,
            identify.record_offset,
            identify.message_id,
            identify.username,
            identify.email,
            identify.about_me,
            nullif(identify.traits, '{}') as traits
        from staged.social_users as identify
        union all
        select
            seen.user_id,
            min(seen.seen_at) as called_at,
            0 as is_identify,
            cast(null as timestamp) as received_at,
            cast(null as text) as source_object,
            cast(null as bigint) as record_offset,
            cast(null as text) as message_id,
            cast(null as text) as username,
            cast(null as text) as email,
            cast(null as text) as about_me,
            cast(null as text) as traits
        from seen
        group by seen.user_id
    ),

    numbered as (
        select
            user_id,
            called_at,
            is_identify,
            username,
            email,
            about_me,
            traits,
            row_number() over (
                partition by user_id
                order by
                    called_at asc nulls last,
                    received_at asc nulls last,
                    source_object asc nulls last,
                    record_offset asc nulls last,
                    message_id asc nulls last
            ) as call_number
        from calls
    ),

    -- The number of values given so far tells the calls that share the same latest value.
    counted as (
        select
            user_id,
            called_at,
            call_number,
            username,
            email,
            about_me,
            traits,
            max(is_identify) over (
                partition by user_id order by call_number rows between unbounded preceding and current row
            ) as is_identified,
            count(username) over (
                partition by user_id order by call_number rows between unbounded preceding and current row
            ) as usernames,
            count(email) over (
                partition by user_id order by call_number rows between unbounded preceding and current row
            ) as emails,
            count(about_me) over (
                partition by user_id order by call_number rows between unbounded preceding and current row
            ) as about_mes,
            count(traits) over (
                partition by user_id order by call_number rows between unbounded preceding and current row
            ) as traits_given,
            lead(called_at) over (partition by user_id order by call_number) as next_called_at
        from numbered
    ),

    carried as (
        select
            user_id,
            called_at,
            next_called_at,
            is_identified,
            max(username) over (partition by user_id, usernames) as username,
            max(email) over (partition by user_id, emails) as email,
            max(about_me) over (partition by user_id, about_mes) as about_me,
            max(traits) over (partition by user_id, traits_given) as traits
        from counted
    ),

    -- Only the last state of an instant, since a period needs a length.
    states as (
        select
            user_id,
            called_at,
            is_identified,
            username,
            email,
            about_me,
            traits,
            lag(is_identified) over (partition by user_id order by called_at) as earlier_is_identified,
            lag(username) over (partition by user_id order by called_at) as earlier_username,
            lag(email) over (partition by user_id order by called_at) as earlier_email,
            lag(about_me) over (partition by user_id order by called_at) as earlier_about_me,
            lag(traits) over (partition by user_id order by called_at) as earlier_traits
        from carried
        where
            next_called_at is null
            or called_at < next_called_at
    ),

    -- A user's first state has no earlier one, so that is_identified differs there.
    changes as (
        select
            user_id,
            called_at,
            is_identified,
            username,
            email,
            about_me,
            traits
        from states
        where
            is_identified is distinct from earlier_is_identified
            or username is distinct from earlier_username
            or email is distinct from earlier_email
            or about_me is distinct from earlier_about_me
            or traits is distinct from earlier_traits
    ),

    periods as (
        select
            user_id,
            username,
            email,
            about_me,
            traits,
            is_identified = 1 as is_identified,
            row_number() over (partition by user_id order by called_at) as version,
            row_number() over (
                partition by user_id, date_trunc('second', called_at)
                order by called_at
            ) as version_of_second,
            called_at as valid_from,
            lead(called_at) over (partition by user_id order by called_at) as next_valid_from
        from changes
    )

select
    user_id || '@' || to_char(valid_from, 'YYYYMMDDHH24MISS') || '.' || cast(version_of_second as text) as user_key,
    user_id,
    username,
    email,
    about_me,
    traits,
    is_identified,
    cast(version as integer) as version,
    valid_from,
    coalesce(next_valid_from, timestamp '9999-12-31 00:00:00') as valid_to,
    next_valid_from is null as is_current
from periods
