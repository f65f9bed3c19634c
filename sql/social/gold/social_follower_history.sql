/*
description: >-
  How many followers each user had at the end of each day (UTC) on which somebody began or ceased to follow them.
  On the days between, the number of the row before holds. Who unfollows and follows again on one day counts as lost and gained.
grain: one row a followed user and day on which followers were gained or lost
incremental: {keys: [user_id]}
columns:
  user_id: {type: text, description: "User who is followed."}
  date: {type: date, description: "Day, in UTC."}
  followers: {type: integer, description: "Followers at the end of the day."}
  gained: {type: integer, description: "Follows that began on the day."}
  lost: {type: integer, description: "Follows that ended on the day."}
chart: {title: "Followers gained less lost by day", x: date, y: "sum(gained - lost)", kind: line}
checks:
  - unique: [user_id, date]
  - not_null: [user_id, date, followers, gained, lost]
  - expression: "followers >= 0 and gained >= 0 and lost >= 0 and gained + lost > 0"
    name: followers_are_counted_right
  # A warning, as rows may have been staged since the users were made; the next materialisation mends that.
  - references: {column: user_id, to: core.dim_social_user.user_id}
    severity: warn
*/
with
    changes as (
        select
            followee_id,
            cast(followed_at as date) as date,
            1 as gained,
            0 as lost
        from core.fact_social_follow
        union all
        select
            followee_id,
            cast(unfollowed_at as date) as date,
            0 as gained,
            1 as lost
        from core.fact_social_follow
        where unfollowed_at is not null
    ),

    days as (
        select
            followee_id,
            date,
            cast(sum(gained) as integer) as gained,
            cast(sum(lost) as integer) as lost
        from changes
        group by followee_id, date
    )

select
    followee_id as user_id,
    date,
    cast(
        sum(gained - lost) over (
            partition by followee_id
            order by date
            rows between unbounded preceding and current row
        ) as integer
    ) as followers,
    gained,
    lost
from days
