/*
description: >-
  What each group drew in each month in which it had an event, and its place among the groups of that month. All groups
  are here, so that a range of months can be summed and ranked anew. A cancelled event was not held and draws nobody.
grain: one row a month and group
columns:
  month_start: {type: date, description: "First day of the month."}
  rank_in_month: {type: integer, description: "Place by yes_rsvps, then events, then group_id; 1 drew most."}
  group_id: {type: text, description: "Group."}
  name: {type: text, description: "Its name now; its id where that is not known."}
  events: {type: integer, description: "Events held; 0 where all were cancelled."}
  cancelled_events: {type: integer, description: "Events called off."}
  yes_rsvps: {type: bigint, description: "Who said yes to events held; 0 for those not told."}
  attended: {type: bigint, description: "Who was counted as present at events held; many organisers do not count."}
checks:
  - unique: [month_start, group_id]
  - unique: [month_start, rank_in_month]
  - not_null: [month_start, rank_in_month, group_id, name, events, cancelled_events, yes_rsvps, attended]
  - expression: "events + cancelled_events > 0"
    name: every_row_has_an_event
*/
with
    monthly as (
        select
            cast(date_trunc('month', local_date) as date) as month_start,
            group_id,
            count(case when not is_cancelled then 1 end) as events,
            count(case when is_cancelled then 1 end) as cancelled_events,
            coalesce(cast(sum(case when not is_cancelled then yes_rsvps end) as bigint), 0) as yes_rsvps,
            coalesce(cast(sum(case when not is_cancelled then attended end) as bigint), 0) as attended
        from core.fact_meetup_event
        group by cast(date_trunc('month', local_date) as date), group_id
    )

select
    monthly.month_start,
    cast(
        row_number() over (
            partition by monthly.month_start
            order by monthly.yes_rsvps desc, monthly.events desc, monthly.group_id
        ) as integer
    ) as rank_in_month,
    monthly.group_id,
    coalesce(meetup_group.name, monthly.group_id) as name,
    cast(monthly.events as integer) as events,
    cast(monthly.cancelled_events as integer) as cancelled_events,
    monthly.yes_rsvps,
    monthly.attended
from monthly
left join core.dim_meetup_group as meetup_group
    on meetup_group.group_id = monthly.group_id
    and meetup_group.is_current
