/*
description: >-
  What brings people: everybody by the week (Monday, UTC) in which they were seen first, and by campaign, referring site
  and device of their first session; and how many of them became known, took part (a post, follow or like) and came back
  on a later day. Later weeks have had less time.
grain: one row a week of first sight, campaign (source, medium, name), referring site and device
incremental: {keys: [week_start]}
refresh: hourly
columns:
  week_start: {type: date, description: "Monday of the week in which they were seen first."}
  campaign_source: {type: text, description: "utm_source; (none) without a campaign."}
  campaign_medium: {type: text, description: "utm_medium; (none) where not said."}
  campaign_name: {type: text, description: "utm_campaign; (none) where not said."}
  referrer_host: {type: text, description: "Referring site; (none) where none led there."}
  device: {type: text, description: "Device; (none) where not told."}
  visitors: {type: integer, description: "People seen first."}
  became_known: {type: integer, description: "Those of them who are known by a user id by now."}
  took_part: {type: integer, description: "Those who posted, followed or liked by now."}
  came_back: {type: integer, description: "Those who came on a later day."}
chart: {title: "First visits by campaign", x: campaign_name, y: "sum(visitors)", kind: bar}
checks:
  - unique: [week_start, campaign_source, campaign_medium, campaign_name, referrer_host, device]
  - not_null: [week_start, campaign_source, campaign_medium, campaign_name, referrer_host, device, visitors, became_known, took_part, came_back]
  - expression: "visitors > 0 and became_known between 0 and visitors and took_part between 0 and visitors and came_back between 0 and visitors"
    name: parts_of_the_visitors
*/
with
    firsts as (
        select
            first_seen_week as week_start,
            coalesce(campaign_source, '(none)') as campaign_source,
            coalesce(campaign_medium, '(none)') as campaign_medium,
            coalesce(campaign_name, '(none)') as campaign_name,
            coalesce(referrer_host, '(none)') as referrer_host,
            coalesce(device, '(none)') as device,
            known_at,
            took_part_at,
            came_back_at
        from gold.social_visitors
    )

select
    week_start,
    campaign_source,
    campaign_medium,
    campaign_name,
    referrer_host,
    device,
    cast(count(*) as integer) as visitors,
    cast(count(known_at) as integer) as became_known,
    cast(count(took_part_at) as integer) as took_part,
    cast(count(came_back_at) as integer) as came_back
from firsts
group by week_start, campaign_source, campaign_medium, campaign_name, referrer_host, device
