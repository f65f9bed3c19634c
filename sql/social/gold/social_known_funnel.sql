/*
description: >-
  How far people get who were anonymous when they were seen first, by the week (Monday, UTC) of that: seen, known by a
  user id, taking part (a post, follow or like), and back on a later day than the first. Who is counted at a step was
  counted at all before it. Later weeks have had less time. Users who were never seen before they were known are not
  here.
grain: one row a week of first sight and step
incremental: {keys: [week_start]}
refresh: hourly
columns:
  week_start: {type: date, description: "Monday of the week in which they were seen first."}
  step: {type: integer, description: "Number of the step, from 1."}
  step_name: {type: text, description: "seen, known, taking part, or back."}
  people: {type: integer, description: "Who got as far as this step, or farther."}
  share_of_first: {type: double, description: "people ÷ people of step 1."}
  days_to_step: {type: double, description: "Mean days from first sight to this step of those who got there; null where nobody did."}
checks:
  - unique: [week_start, step]
  - not_null: [week_start, step, step_name, people, share_of_first]
  - accepted_values: {column: step_name, values: [seen, known, taking part, back]}
  - expression: "people >= 0 and share_of_first between 0 and 1 and (step > 1 or share_of_first = 1)"
    name: nobody_joins_on_the_way
  - expression: "days_to_step >= 0"
    name: steps_come_after_the_first
*/
with
    strangers as (
        select
            first_seen_week as week_start,
            first_seen_at,
            known_at,
            case when known_at is not null then took_part_at end as took_part_at,
            case when known_at is not null and took_part_at is not null then came_back_at end as came_back_at
        from gold.social_visitors
        where was_anonymous
    ),

    reached as (
        select
            week_start,
            1 as step,
            'seen' as step_name,
            first_seen_at,
            first_seen_at as reached_at
        from strangers
        union all
        select
            week_start,
            2 as step,
            'known' as step_name,
            first_seen_at,
            known_at as reached_at
        from strangers
        union all
        select
            week_start,
            3 as step,
            'taking part' as step_name,
            first_seen_at,
            took_part_at as reached_at
        from strangers
        union all
        select
            week_start,
            4 as step,
            'back' as step_name,
            first_seen_at,
            came_back_at as reached_at
        from strangers
    )

select
    week_start,
    step,
    step_name,
    cast(count(reached_at) as integer) as people,
    cast(count(reached_at) as double precision) / nullif(cast(count(*) as double precision), 0) as share_of_first,
    avg(
        cast(
            cast(extract(epoch from reached_at) as bigint) - cast(extract(epoch from first_seen_at) as bigint)
            as double precision
        )
    ) / nullif(cast(86400 as double precision), 0) as days_to_step
from reached
group by week_start, step, step_name
