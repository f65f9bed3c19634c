/*
title: Warm days
description: The days on which it was at least as warm as is asked.
grain: one row a day
parameters:
  at_least: {type: "decimal(4,1)", label: Degrees Celsius, min: -90, max: 60, help: "Of the day's highest reading."}
  since: {type: date, label: From, required: false}
columns:
  date: {type: date, description: "The day."}
  highest: {type: "decimal(4,1)", description: "Highest temperature, in degrees Celsius."}
checks:
  - unique: [date]
chart: {title: "Highest temperature", x: date, y: "max(highest)", kind: line}
show: {sort: [date]}
*/
select calendar.date, weather.highest
from core.fact_weather_day as weather
inner join core.dim_date as calendar on calendar.date_key = weather.date_key
where weather.highest >= :at_least and (:since is null or calendar.date >= :since)
