/*
description: The station's record, in one row.
grain: one row
columns:
  days: {type: bigint, description: "Days with a reading."}
  record: {type: "decimal(4,1)", description: "Highest temperature ever, in degrees Celsius."}
*/
select
    count(*) as days,
    max(highest) as record
from core.fact_weather_day
