/*
description: >-
  How many events were held in each month (of the day where the group is), and how many people they drew. A cancelled
  event was not held: it counts in cancelled_events alone. Months run from the first event to the last, months without
  any included. All but groups can be summed over months.
grain: one row a month
columns:
  month_start: {type: date, description: "First day of the month."}
  events: {type: integer, description: "Events held."}
  online_events: {type: integer, description: "Events held (also) online."}
  located_events: {type: integer, description: "Events held whose main venue has coordinates: those of gold.meetup_heatmap."}
  cancelled_events: {type: integer, description: "Events called off."}
  groups: {type: integer, description: "Groups that held an event."}
  yes_rsvps: {type: bigint, description: "Who said yes to events held; 0 for those not told."}
  waitlist: {type: bigint, description: "Who waited for a place at events held; 0 for those not told."}
  attended: {type: bigint, description: "Who was counted as present at events held; many organisers do not count."}
chart: {title: "Events held by month", x: month_start, y: "sum(events)", kind: line}
checks:
  - unique: [month_start]
  - not_null: [month_start, events, online_events, located_events, cancelled_events, groups, yes_rsvps, waitlist, attended]
  - expression: "online_events <= events and located_events <= events and groups <= events"
    name: parts_of_what_was_held
*/
with
    monthly as (
        select
            cast(date_trunc('month', fact.local_date) as date) as month_start,
            count(case when not fact.is_cancelled then 1 end) as events,
            count(case when not fact.is_cancelled and fact.is_online then 1 end) as online_events,
            count(case when not fact.is_cancelled and venue.lat is not null then 1 end) as located_events,
            count(case when fact.is_cancelled then 1 end) as cancelled_events,
            count(distinct case when not fact.is_cancelled then fact.group_id end) as groups,
            sum(case when not fact.is_cancelled then fact.yes_rsvps end) as yes_rsvps,
            sum(case when not fact.is_cancelled then fact.waitlist end) as waitlist,
            sum(case when not fact.is_cancelled then fact.attended end) as attended
        from core.fact_meetup_event as fact
        left join core.dim_meetup_venue as venue on venue.venue_key = fact.venue_key
        group by cast(date_trunc('month', fact.local_date) as date)
    ),

    span as (
        select
            min(month_start) as first_month,
            max(month_start) as last_month
        from monthly
    ),

    -- The union keeps months that the calendar lacks.
    months as (
        select calendar.date as month_start
        from core.dim_date as calendar
        inner join span
            on calendar.date >= span.first_month
            and calendar.date <= span.last_month
        where calendar.day_of_month = 1
        union
        select monthly.month_start
        from monthly
    )

select
    months.month_start,
    cast(coalesce(monthly.events, 0) as integer) as events,
    cast(coalesce(monthly.online_events, 0) as integer) as online_events,
    cast(coalesce(monthly.located_events, 0) as integer) as located_events,
    cast(coalesce(monthly.cancelled_events, 0) as integer) as cancelled_events,
    cast(coalesce(monthly.groups, 0) as integer) as groups,
    cast(coalesce(monthly.yes_rsvps, 0) as bigint) as yes_rsvps,
    cast(coalesce(monthly.waitlist, 0) as bigint) as waitlist,
    cast(coalesce(monthly.attended, 0) as bigint) as attended
from months
left join monthly on monthly.month_start = months.month_start
