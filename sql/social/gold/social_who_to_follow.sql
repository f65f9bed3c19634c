/*
description: >-
  Whom each user may want to follow: whom several of those follow whom they follow (friends of friends), and who follows
  them already without being followed back. Up to twenty each, those with the most friends in common first; whom one
  follows oneself, and oneself, are never here.
grain: one row a user and rank
incremental: {keys: [user_id]}
refresh: hourly
columns:
  user_id: {type: text, description: "User who may want to follow."}
  rank: {type: integer, description: "1 is the first to be suggested; by friends_in_common, then follows_you, then followers, then suggested_id."}
  suggested_id: {type: text, description: "User who may be followed."}
  friends_in_common: {type: integer, description: "Users whom user_id follows and who follow suggested_id."}
  follows_you: {type: boolean, description: "Whether suggested_id follows user_id, so that following back makes them mutual."}
  followers: {type: integer, description: "Followers of suggested_id."}
checks:
  - unique: [user_id, rank]
  - unique: [user_id, suggested_id]
  - not_null: [user_id, rank, suggested_id, friends_in_common, follows_you, followers]
  - expression: "user_id <> suggested_id and rank between 1 and 20 and followers >= friends_in_common"
    name: nobody_is_suggested_to_themself
  - expression: "friends_in_common > 0 or follows_you"
    name: every_suggestion_has_a_reason
*/
with
    follows as (
        select
            follower_id,
            followee_id
        from core.fact_social_follow
        where
            is_current
            and follower_id <> followee_id
    ),

    followed as (
        select
            followee_id,
            count(*) as followers
        from follows
        group by followee_id
    ),

    reasons as (
        select
            mine.follower_id as user_id,
            theirs.followee_id as suggested_id,
            1 as friends_in_common,
            0 as follows_you
        from follows as mine
        inner join follows as theirs on theirs.follower_id = mine.followee_id
        where theirs.followee_id <> mine.follower_id
        union all
        select
            followee_id as user_id,
            follower_id as suggested_id,
            0 as friends_in_common,
            1 as follows_you
        from follows
    ),

    candidates as (
        select
            user_id,
            suggested_id,
            sum(friends_in_common) as friends_in_common,
            max(follows_you) as follows_you
        from reasons
        group by user_id, suggested_id
    ),

    ranked as (
        select
            candidates.user_id,
            candidates.suggested_id,
            candidates.friends_in_common,
            candidates.follows_you,
            coalesce(followed.followers, 0) as followers,
            row_number() over (
                partition by candidates.user_id
                order by
                    candidates.friends_in_common desc,
                    candidates.follows_you desc,
                    coalesce(followed.followers, 0) desc,
                    candidates.suggested_id
            ) as rank
        from candidates
        left join followed on followed.followee_id = candidates.suggested_id
        where
            not exists (
                select 1
                from follows
                where
                    follows.follower_id = candidates.user_id
                    and follows.followee_id = candidates.suggested_id
            )
    )

select
    user_id,
    cast(rank as integer) as rank,
    suggested_id,
    cast(friends_in_common as integer) as friends_in_common,
    follows_you = 1 as follows_you,
    cast(followers as integer) as followers
from ranked
where rank <= 20
