/*
description: >-
  Who followed whom, from when to when. The events of each pair are replayed in the order of timestamp, unfollows before
  follows at the same instant, then source_object, record_offset and message_id. A follow while following is ignored, as
  is an unfollow while not following. So the intervals of a pair never overlap and none is empty; one can begin at the
  very instant at which the one before ends. A user may follow themself.
grain: one row a follower, a followed user and an uninterrupted time of following
incremental: {keys: [follower_id, followee_id]}
columns:
  follower_id: {type: text, description: "User who follows."}
  followee_id: {type: text, description: "User who is followed."}
  followed_at: {type: timestamp, description: "When it began (included), in UTC."}
  unfollowed_at: {type: timestamp, description: "When it ended (excluded), in UTC; null while it lasts."}
  is_current: {type: boolean, description: "Whether it lasts."}
  follow_message_id: {type: text, description: "Message of the follow that began it."}
  unfollow_message_id: {type: text, description: "Message of the unfollow that ended it; null while it lasts."}
  seconds_followed: {type: bigint, description: "Seconds from beginning to end, each taken to the nearest second; null while it lasts."}
checks:
  - unique: [follow_message_id]
  - unique: [follower_id, followee_id, followed_at]
  - unique: [follower_id, followee_id, unfollowed_at]
  - not_null: [follower_id, followee_id, followed_at, is_current, follow_message_id]
  - expression: "followed_at < unfollowed_at"
    name: an_interval_is_not_empty
  - expression: "is_current = (unfollowed_at is null) and is_current = (unfollow_message_id is null) and is_current = (seconds_followed is null)"
    name: only_a_current_follow_has_no_end
  # Warnings, as rows may have been staged since the users were made; the next materialisation mends that.
  - references: {column: follower_id, to: core.dim_social_user.user_id}
    severity: warn
  - references: {column: followee_id, to: core.dim_social_user.user_id}
    severity: warn
*/
with
    -- 0 sorts before 1: an unfollow first, so that a follow never ends at the instant at which it begins.
    events as (
        select
            follow.user_id as follower_id,
            follow.user_id_recipient as followee_id,
            follow.timestamp as occurred_at,
            1 as is_follow,
            follow.source_object,
            follow.record_offset,
            follow.message_id
        from staged.social_follows as follow
        union all
        select
            unfollow.user_id as follower_id,
            unfollow.user_id_recipient as followee_id,
            unfollow.timestamp as occurred_at,
            0 as is_follow,
            unfollow.source_object,
            unfollow.record_offset,
            unfollow.message_id
        from staged.social_unfollows as unfollow
    ),

    replayed as (
        select
            follower_id,
            followee_id,
            occurred_at,
            is_follow,
            message_id,
            row_number() over (
                partition by follower_id, followee_id
                order by occurred_at, is_follow, source_object, record_offset, message_id
            ) as event_number
        from events
    ),

    -- Each event leaves the pair in the state that it names, whatever came before: before all, nobody follows.
    compared as (
        select
            follower_id,
            followee_id,
            occurred_at,
            is_follow,
            message_id,
            event_number,
            coalesce(
                lag(is_follow) over (partition by follower_id, followee_id order by event_number),
                0
            ) as was_following
        from replayed
    ),

    -- What is left alternates: a follow, then an unfollow.
    turns as (
        select
            follower_id,
            followee_id,
            occurred_at,
            is_follow,
            message_id,
            lead(occurred_at) over (partition by follower_id, followee_id order by event_number) as next_occurred_at,
            lead(message_id) over (partition by follower_id, followee_id order by event_number) as next_message_id
        from compared
        where is_follow <> was_following
    )

select
    follower_id,
    followee_id,
    occurred_at as followed_at,
    next_occurred_at as unfollowed_at,
    next_occurred_at is null as is_current,
    message_id as follow_message_id,
    next_message_id as unfollow_message_id,
    cast(extract(epoch from next_occurred_at) as bigint)
    - cast(extract(epoch from occurred_at) as bigint) as seconds_followed
from turns
where is_follow = 1
