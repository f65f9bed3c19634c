/*
description: >-
  Which materials are worn in which season, over all years. Seasons are those of core.dim_date, meteorological and of
  the northern half of the globe; materials are compared without regard to capitals. Every material has all four seasons.
grain: one row a season and material
columns:
  season: {type: text, description: "winter, spring, summer or autumn."}
  material: {type: text, description: "Material, in small letters."}
  wears: {type: integer, description: "Times that pairs of the material were worn in the season."}
  walks: {type: integer, description: "Times that pairs of the material were walked in."}
  pairs_worn: {type: integer, description: "Different pairs of the material that were worn in the season."}
  share_of_material: {type: double, description: "Share of the material's wears that fell into the season, 0 to 1; null where it was never worn."}
chart: {title: "Wears by season", x: season, y: "sum(wears)", kind: bar}
checks:
  - unique: [season, material]
  - not_null: [season, material, wears, walks, pairs_worn]
  - accepted_values: {column: season, values: [winter, spring, summer, autumn]}
  - expression: "pairs_worn >= 0 and pairs_worn <= wears and share_of_material between 0 and 1"
    name: wears_come_from_pairs
*/
with
    -- By month, as pairs can be older than the calendar.
    seasons as (
        select distinct
            month,
            season
        from core.dim_date
    ),

    materials as (
        select distinct coalesce(lower(material), 'unknown') as material
        from core.dim_sneaker_current
    ),

    events as (
        select
            seasons.season,
            coalesce(lower(pair.material), 'unknown') as material,
            case when event.event_type = 'worn' then event.sneaker_id end as worn,
            case when event.event_type = 'walked' then event.sneaker_id end as walked
        from core.fact_sneaker_event as event
        inner join core.dim_sneaker_current as pair on pair.sneaker_id = event.sneaker_id
        inner join seasons on seasons.month = cast(extract(month from event.event_date) as integer)
    ),

    counted as (
        select
            season,
            material,
            count(worn) as wears,
            count(walked) as walks,
            count(distinct worn) as pairs_worn
        from events
        group by season, material
    ),

    filled as (
        select
            names.season,
            materials.material,
            coalesce(counted.wears, 0) as wears,
            coalesce(counted.walks, 0) as walks,
            coalesce(counted.pairs_worn, 0) as pairs_worn
        from (select distinct season from seasons) as names
        cross join materials
        left join counted
            on counted.season = names.season
            and counted.material = materials.material
    )

select
    season,
    material,
    cast(wears as integer) as wears,
    cast(walks as integer) as walks,
    cast(pairs_worn as integer) as pairs_worn,
    cast(wears as double precision)
    / nullif(cast(sum(wears) over (partition by material) as double precision), 0) as share_of_material
from filled
