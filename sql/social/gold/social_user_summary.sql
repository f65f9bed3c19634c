/*
description: >-
  What each user of the social network has done so far, and who follows them now. Users who were only ever followed are
  here too. Recent means the 7 days up to the last event in the data, whatever the clock says.
grain: one row a user
incremental: {keys: [user_id]}
columns:
  user_id: {type: text, description: "User."}
  username: {type: text, description: "Name shown to others now; null where the user never gave one."}
  first_seen_at: {type: timestamp, description: "First event in which the user acts or is followed or unfollowed, or first post if that is dated earlier; in UTC."}
  last_active_at: {type: timestamp, description: "Last event with the user's id, in UTC; null for who never acted."}
  posts: {type: integer, description: "Posts written."}
  last_post_at: {type: timestamp, description: "When the most recent post was published, in UTC; null without any."}
  posts_last_7_days: {type: integer, description: "Posts published in the 7 days that end with the last event in the data."}
  followers: {type: integer, description: "Users who follow this one now, themself included where they do."}
  following: {type: integer, description: "Users whom this one follows now."}
  follows_made: {type: integer, description: "Follows begun so far, ended ones included; following someone again counts again."}
  days_active: {type: integer, description: "Days (UTC) with at least one event of the user."}
  first_active_on: {type: date, description: "First of these days; null for who never acted."}
checks:
  - unique: [user_id]
  - not_null: [user_id, first_seen_at, posts, posts_last_7_days, followers, following, follows_made, days_active]
  - expression: "posts_last_7_days >= 0 and posts_last_7_days <= posts and (posts = 0) = (last_post_at is null)"
    name: recent_posts_are_posts
  - expression: "followers >= 0 and following >= 0 and following <= follows_made"
    name: who_is_followed_was_followed_once
  # Warnings, as rows may have been staged since the users were made; the next materialisation mends that.
  - expression: "first_seen_at <= last_active_at and first_seen_at <= last_post_at"
    name: first_seen_before_all_else
    severity: warn
  - expression: "(days_active = 0) = (last_active_at is null) and (days_active = 0) = (first_active_on is null)"
    name: active_days_have_events
*/
with
    users as (
        select
            user_id,
            min(valid_from) as first_seen_at,
            max(case when is_current then username end) as username
        from core.dim_social_user
        group by user_id
    ),

    activity as (
        select
            user_id,
            count(*) as days_active,
            min(date) as first_active_on,
            max(last_at) as last_active_at
        from gold.social_user_days
        group by user_id
    ),

    posted as (
        select
            user_id,
            count(*) as posts,
            max(published_at) as last_post_at
        from core.fact_social_post
        group by user_id
    ),

    followed as (
        select
            followee_id,
            count(*) as followers
        from core.fact_social_follow
        where is_current
        group by followee_id
    ),

    followed_others as (
        select
            follower_id,
            count(*) as follows_made,
            count(case when is_current then followee_id end) as following
        from core.fact_social_follow
        group by follower_id
    )

select
    users.user_id,
    users.username,
    users.first_seen_at,
    activity.last_active_at,
    cast(coalesce(posted.posts, 0) as integer) as posts,
    posted.last_post_at,
    coalesce(recent.posts, 0) as posts_last_7_days,
    cast(coalesce(followed.followers, 0) as integer) as followers,
    cast(coalesce(followed_others.following, 0) as integer) as following,
    cast(coalesce(followed_others.follows_made, 0) as integer) as follows_made,
    cast(coalesce(activity.days_active, 0) as integer) as days_active,
    activity.first_active_on
from users
left join activity on activity.user_id = users.user_id
left join posted on posted.user_id = users.user_id
left join gold.social_recent_posts as recent on recent.user_id = users.user_id
left join followed on followed.followee_id = users.user_id
left join followed_others on followed_others.follower_id = users.user_id
