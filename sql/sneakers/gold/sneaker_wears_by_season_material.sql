/*
description: >-
  Which materials are worn in which season, over all years. Seasons are those of core.dim_date, meteorological and of
  the northern half of the globe; materials are compared without regard to capitals. Every material has all four seasons.
grain: one row a season and material
incremental: {keys: [material]}
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
        select distinct material
        from gold.sneaker_pair_months
    ),

    cells as (
        select
            material,
            'winter' as season
        from materials
        union all
        select
            material,
            'spring' as season
        from materials
        union all
        select
            material,
            'summer' as season
        from materials
        union all
        select
            material,
            'autumn' as season
        from materials
    ),

    counted as (
        select
            seasons.season,
            pair.material,
            sum(pair.wears) as wears,
            sum(pair.walks) as walks,
            count(distinct case when pair.wears > 0 then pair.sneaker_id end) as pairs_worn
        from gold.sneaker_pair_months as pair
        inner join seasons on seasons.month = pair.month
        group by seasons.season, pair.material
    ),

    filled as (
        select
            cells.season,
            cells.material,
            coalesce(counted.wears, 0) as wears,
            coalesce(counted.walks, 0) as walks,
            coalesce(counted.pairs_worn, 0) as pairs_worn
        from cells
        left join counted
            on counted.season = cells.season
            and counted.material = cells.material
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
