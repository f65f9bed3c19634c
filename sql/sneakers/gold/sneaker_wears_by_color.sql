/*
description: >-
  How much each colour was worn in each month. Colours are compared without regard to capitals. Of a colour, months run
  from its first entry to the month in which anything was last recorded; months without wears are there, with zeros.
grain: one row a month and colour
columns:
  month_start: {type: date, description: "First day of the month."}
  color: {type: text, description: "Colour, in small letters."}
  wears: {type: integer, description: "Times that pairs of the colour were worn in the month."}
  walks: {type: integer, description: "Times that pairs of the colour were walked in."}
  pairs_worn: {type: integer, description: "Different pairs of the colour that were worn."}
chart: {title: "Wears by colour", x: color, y: "sum(wears)", kind: bar}
checks:
  - unique: [month_start, color]
  - not_null: [month_start, color, wears, walks, pairs_worn]
  - expression: "pairs_worn >= 0 and pairs_worn <= wears and (wears > 0) = (pairs_worn > 0)"
    name: wears_come_from_pairs
*/
with
    span as (
        select
            max(month_start) as last_month,
            cast(date_trunc('month', max(recorded_at)) as date) as recorded_month
        from gold.sneaker_color_months
    ),

    colors as (
        select
            color,
            min(month_start) as first_month
        from gold.sneaker_color_months
        group by color
    ),

    -- Pairs can be older than the calendar.
    months as (
        select
            calendar.date as month_start,
            colors.color
        from core.dim_date as calendar
        inner join colors on calendar.date >= colors.first_month
        inner join span
            on calendar.date <= span.last_month
            or calendar.date <= span.recorded_month
        where calendar.day_of_month = 1
        union
        select
            color_months.month_start,
            color_months.color
        from gold.sneaker_color_months as color_months
    )

select
    months.month_start,
    months.color,
    cast(coalesce(color_months.wears, 0) as integer) as wears,
    cast(coalesce(color_months.walks, 0) as integer) as walks,
    cast(coalesce(color_months.pairs_worn, 0) as integer) as pairs_worn
from months
left join gold.sneaker_color_months as color_months
    on color_months.month_start = months.month_start
    and color_months.color = months.color
