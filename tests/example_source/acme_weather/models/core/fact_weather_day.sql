/*
description: The temperatures of each day.
grain: one row a day
columns:
  date_key: {type: integer, description: "The day as yyyymmdd."}
  readings: {type: bigint, description: "How many readings there are."}
  highest: {type: "decimal(4,1)", description: "Highest temperature, in degrees Celsius."}
checks:
  - unique: [date_key]
  - not_null: [date_key, readings]
*/
select
    calendar.date_key,
    count(*) as readings,
    max(readings.temperature) as highest
from staged.weather_readings as readings
inner join core.dim_date as calendar on calendar.date = readings.date
group by calendar.date_key
