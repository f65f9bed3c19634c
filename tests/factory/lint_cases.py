"""The rules of the lint by example: what each refuses, and the portable way to say the same.

The tests that use them are in `test_lint` (they are refused and accepted) and `test_dialects` (they run).
"""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """A rule, a text that it refuses, and one that says it portably."""

    rule: str
    refused: str
    accepted: str


def column(rule: str, refused: str, accepted: str) -> Case:
    """A case of a single expression over core.sale."""
    return Case(rule, f"select {refused} as x from core.sale", f"select {accepted} as x from core.sale")


# core.sale: id integer, household_id integer, amount double precision, price decimal(10,2), units bigint, note text,
# sold_on date, sold_at timestamp, is_paid boolean; core.household: id integer, name text.
EPOCHS = "cast(extract(epoch from sold_at) as bigint) - cast(extract(epoch from sold_on) as bigint)"
CASES = [
    # what the model returns
    Case("star", "select * from core.sale", "select s.id from (select * from core.sale) as s"),
    Case("star", "select s.* from core.sale as s", "with a as (select s.* from core.sale as s) select id from a"),
    Case("star", "select id from core.sale union all select * from core.household",
         "select id from core.sale union all select id from core.household"),
    Case("unnamed-column", "select id + 1 from core.sale", "select id + 1 as next_id from core.sale"),
    Case("unnamed-column", "select 1 union all (select id as x from core.sale)",
         "select id from core.sale union all (select 1 union all select id + 1 from core.sale)"),
    Case("duplicate-column", "select id, household_id as ID from core.sale", "select id, household_id from core.sale"),
    Case("untyped-number", "with a as (select household_id, count(*) as n from core.sale group by household_id) "
         "select sum(n) as n from a",
         "with a as (select household_id, count(*) as n from core.sale group by household_id) "
         "select cast(coalesce(sum(n), 0) as bigint) as n from a"),
    # what it reads, and how that is joined
    Case("table-name", "select id from sale", "with sale as (select id from core.sale) select id from sale"),
    Case("table-name", "select id from db.core.sale", "select id from core.sale"),
    Case("table-name", "select relname as x from pg_catalog.pg_class", "select name as x from core.household"),
    Case("table-function", "select d as x from generate_series(1, 3) as g (d)",
         "select d as x from (values (1), (2)) as g (d)"),
    Case("implicit-join", "select s.id from core.sale as s, core.household as h where h.id = s.household_id",
         "select s.id from core.sale as s join core.household as h on h.id = s.household_id"),
    Case("implicit-join", "select s.id from core.sale as s join core.household as h where h.id = s.household_id",
         "select s.id from core.sale as s cross join core.household as h where h.id = s.household_id"),
    Case("natural-join", "select id from core.sale natural join core.household",
         "select s.id from core.sale as s left join core.household as h on h.id = s.id"),
    Case("join-using", "select id from core.sale join core.household using (id)",
         "select s.id from core.sale as s full join core.household as h on h.id = s.id"),
    Case("not-portable", "select s.id from core.sale as s cross join lateral (select 1 as one) as l",
         "select s.id from core.sale as s where exists (select 1 from core.household as h where h.id = s.id)"),
    Case("not-portable", "select id from core.sale tablesample bernoulli (10)",
         "select id from core.sale where id % 10 = 0"),
    Case("recursive", "with recursive a as (select 1 as n union all select n + 1 from a where n < 3) select n from a",
         "with a as (select 1 as n), b as (select n + 1 as n from a) select n from b union all select n from a"),
    Case("clause", "with a as (delete from core.sale returning id) select id from a",
         "with a as materialized (select id from core.sale) select id from a"),
    Case("clause", "select id into core.copy from core.sale", "select id from core.sale"),
    Case("clause", "select id from core.sale for update", "select id from core.sale"),
    Case("clause", "select id from only core.sale", "select id from core.sale"),
    Case("clause", "select id from core.sale qualify row_number() over (order by id) = 1",
         "select id from (select id, row_number() over (order by id) as place from core.sale) as s where place = 1"),
    # how rows are chosen, grouped and ordered
    Case("limit-without-order", "select id from core.sale limit 3", "select id from core.sale order by id limit 3"),
    Case("limit-without-order", "select id from core.sale offset 1",
         "select id from core.sale order by id limit 2 offset 1"),
    Case("order-without-limit", "select id from core.sale order by id",
         "select id from core.sale order by sold_at desc, id fetch first 3 rows only"),
    Case("order-without-limit", "select id from core.sale union select id from core.household order by id",
         "select id from core.sale union select id from core.household order by id desc limit 2"),
    Case("limit", "select id from core.sale order by id limit 1 + 1", "select id from core.sale order by id limit 2"),
    Case("distinct-on", "select distinct on (household_id) household_id, id from core.sale",
         "select distinct household_id, is_paid from core.sale"),
    Case("count-distinct", "select count(distinct household_id, id) as n from core.sale",
         "select count(distinct household_id) as n from core.sale"),
    Case("group-by-alias", "select extract(year from sold_on) as y, count(*) as n from core.sale group by y",
         "select extract(year from sold_on) as sold_year, count(*) as n from core.sale group by 1"),
    Case("group-by-alias", "with a as (select sold_on from core.sale) "
         "select extract(year from sold_on) as y, count(*) as n from a group by y",
         "with a as (select sold_on as y, id from core.sale) select min(id) as y, count(*) as n from a group by y"),
    Case("group-by-distinct", "select household_id as h from core.sale group by distinct rollup (household_id)",
         "select household_id as h, grouping(household_id) as is_total, count(*) as n from core.sale "
         "group by rollup (household_id)"),
    column("window-order", "row_number() over (partition by household_id)",
           "row_number() over (partition by household_id order by sold_at desc, id)"),
    Case("window-order", "select lag(id) over w as x from core.sale window w as (partition by household_id)",
         "select lag(id) over w as x from core.sale window w as (partition by household_id order by id desc)"),
    column("window-filter", "sum(amount) filter (where is_paid) over (order by id)",
           "sum(case when is_paid then amount end) over (order by id)"),
    column("window-frame", "sum(id) over (order by id rows between 1 preceding and 1 following exclude current row)",
           "sum(id) over (order by id rows between 1 preceding and 1 following)"),
    Case("clause", "select id from core.sale union all by name select id from core.household",
         "select household_id as h, count(*) as n from core.sale group by grouping sets ((household_id), ())"),
    # volatile functions and parameters
    column("volatile", "now()", "sold_at"),
    column("volatile", "current_date", "sold_on"),
    column("volatile", "localtimestamp", "sold_at"),
    column("volatile", "random()", "id % 7"),
    column("volatile", "current_user", "note"),
    column("parameter", "$1", "1"),
    column("parameter", ":name", "'name'"),
    # names and literals
    column("quoted-upper-case", 'sale."Id"', 'sale."id"'),
    column("column-name", "core.sale.id", "sale.id"),
    Case("name", "select 1 as 2", "select 1 as two"),
    Case("name", "select id as user from core.sale", 'select id as "user" from core.sale'),
    column("scientific-literal", "1e3", "1000.0"),
    Case("number-literal", "select 1_000 from core.sale", "select 1000 as x from core.sale"),
    column("string-literal", "E'a\\n'", "'a'"),
    column("string-literal", "$$a$$", "'it''s a $$'"),
    column("string-literal", "'a' 'b'", "'a' || 'b'"),
    column("untyped-literal", "sold_on >= '2024-01-01'", "sold_on >= date '2024-01-01'"),
    column("untyped-literal", "sold_at between '2024-01-01' and timestamp '2024-02-01 00:00:00'",
           "sold_at between timestamp '2024-01-01 00:00:00' and timestamp '2024-02-01 00:00:00'"),
    column("untyped-literal", "sold_on in ('2024-01-01')", "note in ('a', 'b')"),
    column("untyped-literal", "coalesce(sold_on, '9999-12-31')", "coalesce(sold_on, date '9999-12-31')"),
    column("untyped-literal", "cast(note as integer) = '5'", "cast(note as text) = '5'"),
    # types and casts
    column("type", "amount::numeric", "amount::numeric(12, 2)"),
    column("type", "cast(amount as decimal(9))", "cast(amount as decimal(9, 0))"),
    column("type", "cast(amount as decimal(39, 2))", "cast(amount as decimal(38, 2))"),
    column("type", "note::varchar(3)", "left(note, 3)"),
    column("type", "note::char", "note::varchar"),
    column("type", "id::smallint", "id::bigint"),
    column("type", "amount::real", "id::double precision"),
    column("type", "sold_at::timestamptz", "sold_on::timestamp"),
    column("type", "sold_at::timestamp(3)", "sold_at::date"),
    column("type", "note::jsonb", "note::text"),
    column("type", "array_length(note::text[], 1)", "is_paid::integer"),
    column("double-to-integer", "cast(cast(price as double precision) as integer)",
           "cast(floor(cast(price as double precision)) as integer)"),
    column("to-text", "cast(cast(id as double precision) as text)", "cast(cast(id as decimal(10, 2)) as text)"),
    column("to-text", "cast(timestamp '2024-01-01 00:00:00' as text)", "to_char(sold_at, 'YYYY-MM-DD HH24:MI:SS')"),
    column("to-text", "'n' || cast(id as double precision)", "'n' || id"),
    column("to-text", "concat(note, id > 1)", "concat(note, case when is_paid then 'paid' end, id)"),
    # numbers
    column("integer-division", "count(*) over () / 2", "cast(count(*) over () as bigint) / 2"),
    column("integer-division", "7 / 2", "7 / cast(2 as double precision)"),
    column("decimal-division", "id / 2.5", "id / cast(2.5 as double precision)"),
    column("decimal-division", "cast(id as decimal(9, 2)) / 3",
           "cast(cast(id as decimal(9, 2)) as double precision) / 3"),
    column("untyped-division", "amount / id", "amount / nullif(cast(id as double precision), 0)"),
    column("division-by-zero", "amount / cast(id as double precision)",
           "cast(amount as double precision) / nullif(id, 0)"),
    column("average", "avg(price) over ()", "avg(cast(price as double precision)) over ()"),
    column("rounding", "round(amount)", "round(cast(amount as decimal(18, 4)), 2)"),
    column("rounding", "round(cast(id as decimal(18, 4)), id)", "round(cast(id as decimal(18, 4)))"),
    column("double-function", "sqrt(id)", "sqrt(cast(id as double precision))"),
    column("double-function", "stddev_samp(price) over ()", "stddev_samp(cast(price as double precision)) over ()"),
    column("not-portable", "id ^ 2", "power(cast(id as double precision), 2)"),
    column("greatest-least-null", "greatest(id, household_id)",
           "greatest(coalesce(id, 0), coalesce(household_id, 0), 1)"),
    column("greatest-least-null", "least(amount, 1)", "case when amount < 1 then amount else 1 end"),
    # dates
    column("interval", "sold_at + interval '1 day 2 hours'", "sold_at + interval '1 day' + interval '2 hours'"),
    column("interval", "sold_at + interval '1.5 days'", "sold_at + interval '36' hour"),
    column("interval", "sold_at - interval '1-2' year to month", "sold_at - interval '14 months'"),
    column("interval", "interval '1 day'", "cast(sold_on + interval '1 day' * id as date)"),
    column("interval", "sold_at + interval 1 day", "sold_at + interval '-1 week'"),
    column("date-difference", "cast(sold_at as date) - date '2024-01-01'", EPOCHS),
    column("date-difference", "cast(sold_at as timestamp) - cast(sold_on as timestamp)",
           f"({EPOCHS}) / cast(86400 as bigint)"),
    column("date-plus-number", "cast(sold_at as date) + 1", "cast(cast(sold_at as date) + interval '1 day' as date)"),
    column("date-trunc", "date_trunc('decade', sold_at)", "date_trunc('month', sold_at)"),
    column("date-trunc", "date_trunc('month', cast(sold_on as date))", "cast(date_trunc('month', sold_on) as date)"),
    column("extract-weekday", "extract(dow from sold_on)", "extract(doy from sold_on)"),
    column("extract-weekday", "extract(isodow from sold_on)", "extract(week from sold_on)"),
    column("extract-epoch", "extract(epoch from sold_at)", "cast(extract(epoch from sold_at) as double precision)"),
    column("extract-epoch", "cast(extract(epoch from interval '1 day') as bigint)",
           "cast(extract(epoch from sold_on) as bigint)"),
    column("extract-unit", "extract(second from sold_at)", "extract(minute from sold_at)"),
    column("extract-unit", "extract(century from sold_at)", "extract(quarter from sold_at)"),
    column("to-char", "to_char(sold_at, 'Day')", "to_char(sold_at, 'YYYY/MM')"),
    column("to-char", "to_char(id, '999')", "to_char(sold_on, 'HH24:MI')"),
    column("not-portable", "sold_at at time zone 'UTC'", "sold_at"),
    # text
    column("like-escape", "note like 'a\\_%'", "note like 'a!_%' escape '!'"),
    column("like-escape", "note like 'a' || '%'", "note ilike 'A%'"),
    column("like-escape", "note not like '50%' escape ''", "note not like '50%'"),
    column("regex", "note ~ '\\d+'", "note ~ '^[0-9]+$'"),
    column("regex", "regexp_like(note, 'a.*?b')", "regexp_like(note, '^(ab|c)+x?[^a-z]{2,3}$')"),
    column("not-portable", "note ~* 'a'", "lower(note) !~ 'b$'"),
    column("not-portable", "note similar to 'a|b'", "note in ('a', 'b')"),
    column("not-portable", 'note collate "C"', "note"),
    column("substring", "substring(note, 0, 2)", "substring(note, 1, 2)"),
    column("substring", "substring(note from -1)", "substring(note from position('-' in note) + 1 for 3)"),
    column("left", "left(note, -1)", "left(note, 2)"),
    column("split-part", "split_part(note, '-', 2)", "nullif(split_part(note, ',', 2), '')"),
    column("pad", "lpad(note, 5)", "lpad(note, 5, '0')"),
    column("replace", "replace(note, '', 'x')", "replace(note, 'a', '')"),
    Case("string-agg", "select string_agg(note, ',') as x from core.sale",
         "select string_agg(note, ',' order by note desc) as x from core.sale"),
    Case("string-agg", "select string_agg(note, ',' order by id) filter (where is_paid) as x from core.sale",
         "select string_agg(distinct note, ',' order by note) as x from core.sale where is_paid"),
    # operators and functions outside the subset
    column("any-array", "id = any(array[1, 2])", "id = any (select h.id from core.household as h)"),
    column("row-value", "(id, household_id) in (select 1, 2)", "id in (1, 2) and household_id not in (3, 4)"),
    column("operator", "note @> 'a'", "position('a' in note) > 0"),
    column("operator", "note #>> '{a}'", "strpos(note, 'a')"),
    column("not-portable", "note ->> 'a'", "note is not distinct from 'a'"),
    column("syntax", "id == 1", "id = 1"),
    Case("syntax", "select id, from core.sale", "select id from core.sale"),
    Case("syntax", "select from core.sale", "select id from core.sale"),
    Case("syntax", "select s.id from (from core.sale select id) as s", "select id from core.sale"),
    Case("syntax", "select count(*) as n from core.sale group by", "select count(*) as n from core.sale"),
    column("function", "age(sold_at)", "sold_at"),
    Case("function", 'select "now"() as x from core.sale', 'with "a" (x) as (select 1) select v.x from a as "v" (x)'),
    column("function", "make_interval(days => 1)", "id"),
    column("function", "md5(note)", "note"),
    column("function", "jsonb_each(note)", "id"),
    column("function", "regexp_matches(note, 'a')", "reverse(note)"),
    column("function", "regexp_replace(note, 'a', 'b')", "translate(note, 'ab', 'x')"),
    column("function", "regexp_replace(note, 'a', 'b', 'g')", "upper(lower(note))"),
    column("function", "date_part('year', sold_on)", "extract(day from sold_on)"),
    column("function", "mode() within group (order by id)", "count(*) filter (where is_paid)"),
    column("function", "trunc(amount)", "ceil(amount)"),
    column("function", "percentile_cont(0.5) within group (order by amount)", "max(amount)"),
    column("function", "pg_catalog.lower(note)", "trim(note)"),
    column("function", "array_agg(id)", "bool_and(is_paid)"),
    column("function", "len(note)", "length(note)"),
    column("function", "nvl(id, 0)", "coalesce(id, 0)"),
    column("function", "initcap(note)", "btrim(note, 'x ')"),
    column("function", "to_date(note, 'YYYY')", "rtrim(note)"),
    column("function", "log(amount)", "mod(id, 3)"),
]  # fmt: skip

MODEL = """
/* Household value: recency, frequency and money of every household. */
with sales as (
    select
        s.household_id,
        s.id as basket_id,
        s.sold_on,
        s.units,
        cast(s.price as double precision) as amount,
        h.name
    from core.sale as s
    inner join core.household as h on h.id = s.household_id
    where
        s.units > 0
        and s.sold_on >= date '2017-01-01'
        and s.sold_on < date '2017-01-01' + interval '20 years'
        and lower(trim(h.name)) not in ('misc', '')
        and h.name not like 'Na%'
),
baskets as (
    select
        household_id,
        basket_id,
        min(sold_on) as sold_on,
        sum(amount) as basket_value,
        count(*) filter (where units > 1) as multi_items,
        count(distinct name) as names
    from sales
    group by household_id, basket_id
    having sum(amount) > 0
),
ranked as (
    select
        b.*,
        row_number() over (partition by b.household_id order by b.sold_on desc, b.basket_id desc) as latest,
        lag(b.sold_on) over (partition by b.household_id order by b.sold_on, b.basket_id) as previous_on,
        sum(b.basket_value) over (
            partition by b.household_id order by b.sold_on, b.basket_id
            rows between unbounded preceding and current row
        ) as running_value
    from baskets as b
)
select
    r.household_id,
    coalesce(h.name, 'unknown') as name,
    cast(date_trunc('month', r.sold_on) as date) as last_month,
    extract(year from r.sold_on) as last_year,
    case
        when r.running_value >= 1000 then 'gold'
        when r.running_value >= 100 then 'silver'
        else 'bronze'
    end as tier,
    r.running_value / nullif(r.names, 0) as value_per_name,  -- running_value is a double
    avg(r.basket_value) over (partition by h.name) as name_average,
    concat(h.name, '-', r.latest) as label,
    r.previous_on is null as is_first,
    exists (select 1 from core.sale as c where c.household_id = r.household_id and c.is_paid is true) as has_paid
from ranked as r
left join core.household as h on h.id = r.household_id
where r.latest = 1 and r.household_id in (select id from core.household)
union all
select 0, 'none', null, null, 'bronze', 0, null, '', false, false
"""
