/*
description: >-
  How each post was received: who liked it, how soon, and how many. Likes of posts that nobody saw published are in
  core.fact_social_reaction alone.
grain: one row a post
incremental: {keys: [post_id]}
refresh: hourly
columns:
  post_id: {type: text, description: "Post."}
  user_id: {type: text, description: "User who wrote it."}
  published_at: {type: timestamp, description: "When it was published, in UTC."}
  reactions: {type: integer, description: "Users who like it, the author included where they do."}
  reactions_first_day: {type: integer, description: "Those who liked it within 24 hours of its publication."}
  reactions_of_followers: {type: integer, description: "Those who followed the author when they liked it."}
  first_reaction_at: {type: timestamp, description: "When it was liked first, in UTC; null where it never was."}
  last_reaction_at: {type: timestamp, description: "When it was liked last, in UTC; null where it never was."}
checks:
  - unique: [post_id]
  - not_null: [post_id, user_id, published_at, reactions, reactions_first_day, reactions_of_followers]
  - expression: "reactions_first_day between 0 and reactions and reactions_of_followers between 0 and reactions"
    name: parts_of_the_reactions
  - expression: "(reactions = 0) = (first_reaction_at is null) and (reactions = 0) = (last_reaction_at is null) and first_reaction_at <= last_reaction_at"
    name: reactions_have_times
*/
with
    liked as (
        select
            reaction.post_id,
            reaction.user_id,
            reaction.reacted_at,
            post.published_at,
            count(follow.follow_message_id) as following
        from core.fact_social_reaction as reaction
        inner join core.fact_social_post as post on post.post_id = reaction.post_id
        left join core.fact_social_follow as follow
            on follow.followee_id = post.user_id
            and follow.follower_id = reaction.user_id
            and follow.followed_at <= reaction.reacted_at
            and (
                follow.unfollowed_at is null
                or follow.unfollowed_at > reaction.reacted_at
            )
        group by reaction.post_id, reaction.user_id, reaction.reacted_at, post.published_at
    ),

    summed as (
        select
            post_id,
            count(*) as reactions,
            count(
                case when reacted_at < published_at + interval '24 hours' then 1 end
            ) as reactions_first_day,
            count(case when following > 0 then 1 end) as reactions_of_followers,
            min(reacted_at) as first_reaction_at,
            max(reacted_at) as last_reaction_at
        from liked
        group by post_id
    )

select
    post.post_id,
    post.user_id,
    post.published_at,
    cast(coalesce(summed.reactions, 0) as integer) as reactions,
    cast(coalesce(summed.reactions_first_day, 0) as integer) as reactions_first_day,
    cast(coalesce(summed.reactions_of_followers, 0) as integer) as reactions_of_followers,
    summed.first_reaction_at,
    summed.last_reaction_at
from core.fact_social_post as post
left join summed on summed.post_id = post.post_id
