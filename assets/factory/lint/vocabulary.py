"""The words of the portable subset: which functions and nodes a model may use, and what replaces those it may not.

Only names are here; conditions on how an allowed thing is used belong to the rules. What each means on an engine is
in PostgreSQL's documentation ("Functions and Operators") and in Trino's ("Functions and operators").
"""

from __future__ import annotations

from sqlglot import exp


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


FUNCTIONS = words(
    # conditions and conversions
    "cast coalesce nullif greatest least to_char "
    # text
    "lower upper trim btrim ltrim rtrim length char_length substring substr left position strpos replace translate "
    "reverse lpad rpad split_part concat concat_ws starts_with regexp_like "
    # numbers
    "abs ceil ceiling floor round mod power sqrt exp ln sign "
    # dates
    "extract date_trunc "
    # aggregates
    "count sum avg min max bool_and bool_or string_agg stddev stddev_samp stddev_pop variance var_samp var_pop corr "
    "covar_samp covar_pop grouping "
    # windows
    "row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value"
)

_CALENDAR = "join core.dim_date and take the day from it"
_CLOCK = "a model must be a pure function of its inputs; take the time from a column"
_RANDOM = "a model must be a pure function of its inputs; derive the value from columns"
_SESSION = "a model must mean the same for every user; remove it"
_SECONDS = "subtract two cast(extract(epoch from …) as bigint) to get seconds"
_REGEX = "use regexp_like with a simple pattern, replace, or split_part"
_JSON = "read documents in the Python asset that stages them, into columns"
_ARRAY = "keep one row an element and join, or use string_agg"

_CLOCKS = words(
    "now current_date current_time current_timestamp localtime localtimestamp clock_timestamp statement_timestamp "
    "transaction_timestamp timeofday"
)
_RANDOMS = words("random random_normal setseed gen_random_uuid uuid_generate_v4 uuidv4 uuidv7 nextval")
_SESSIONS = words(
    "current_user session_user current_role current_schema current_catalog current_database current_setting version "
    "pg_sleep"
)
VOLATILE: dict[str, str] = {
    **dict.fromkeys(_CLOCKS, _CLOCK),
    **dict.fromkeys(_RANDOMS, _RANDOM),
    **dict.fromkeys(_SESSIONS, _SESSION),
}
"""Functions and keywords whose result differs from run to run, each with what to do instead."""

INSTEAD: dict[str, str] = {
    "age": _SECONDS,
    "make_interval": "add a literal such as interval '1 day', times a whole number",
    "make_date": _CALENDAR,
    "make_timestamp": _CALENDAR,
    "date_part": "write cast(extract(unit from …) as integer)",
    "generate_series": _CALENDAR + ", or join a table that has the numbers",
    "unnest": _ARRAY,
    "array_agg": _ARRAY,
    "mode": "count by value and keep the row whose row_number() is 1",
    "percentile_cont": "number the rows with row_number() and average the middle ones, as Trino only approximates it",
    "percentile_disc": "number the rows with row_number() and keep the middle one, as Trino only approximates it",
    "regexp_match": _REGEX,
    "regexp_matches": _REGEX,
    "regexp_replace": _REGEX,
    "regexp_split_to_table": _REGEX,
    "regexp_split_to_array": _REGEX,
    "regexp_substr": _REGEX,
    "md5": "keep the key's own columns, or number the rows with row_number()",
    "sha256": "keep the key's own columns, or number the rows with row_number()",
    "to_date": "write cast(… as date) of text in the form 2024-12-31",
    "to_timestamp": "write cast(… as timestamp) of text in the form 2024-12-31 23:59:59",
    "to_number": "write cast(… as decimal(p,s))",
    "right": "use substring with the start computed from length",
    "initcap": "use upper(left(…, 1)) || substring(lower(…), 2)",
    "repeat": "use lpad or a literal",
    "trunc": "use floor or cast(… as bigint)",
    "log": "use ln(x) / ln(base)",
    "format": "use ||",
    "every": "use bool_and",
    "ifnull": "use coalesce",
    "nvl": "use coalesce",
    "if": "use case when … then … else … end",
    "iif": "use case when … then … else … end",
    "len": "use length",
    "div": "write cast(a as bigint) / cast(b as bigint)",
    "string_to_array": "use split_part",
    "width_bucket": "use case when … then … end",
    "json_agg": _JSON,
    "jsonb_agg": _JSON,
    "to_json": _JSON,
    "to_jsonb": _JSON,
}
"""What to write in place of functions that people reach for; a name in no list gets a general answer."""

JSON_PREFIXES = ("json_", "jsonb_")
JSON_INSTEAD = _JSON

BEFORE_PARENTHESIS = words(
    "in and or not from as over filter where select distinct on using values exists any all some union intersect "
    "except case when then else by having limit offset join like ilike escape between is with within group rollup "
    "cube sets decimal numeric dec varchar char character timestamp interval order partition window to end fetch first "
    "next rows materialized lateral recursive only"
)
"""Words after which a parenthesis opens that is no call; those that are refused are refused for what they are."""

NODES: frozenset[type[exp.Expr]] = frozenset(
    {
        exp.Select, exp.Union, exp.Except, exp.Intersect, exp.Subquery, exp.With, exp.CTE, exp.From, exp.Join,
        exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered, exp.Limit, exp.Offset, exp.Fetch, exp.LimitOptions,
        exp.Distinct, exp.Window, exp.WindowSpec, exp.Table, exp.TableAlias, exp.Identifier, exp.Column, exp.Star,
        exp.Alias, exp.Literal, exp.Boolean, exp.Null, exp.Paren, exp.Neg, exp.Not, exp.And, exp.Or, exp.EQ, exp.NEQ,
        exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Is, exp.In, exp.Between, exp.Like,
        exp.ILike, exp.Escape, exp.Exists, exp.Any, exp.All, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.DPipe,
        exp.Case, exp.Cast, exp.DataType, exp.DataTypeParam, exp.Interval, exp.IntervalSpan, exp.Var, exp.Filter,
        exp.Values, exp.Tuple, exp.Rollup, exp.Cube, exp.GroupingSets, exp.RegexpLike,
    }
)  # fmt: skip
"""Nodes that are no functions and may stand in a model, if no rule objects to their use."""

OPERATORS: dict[type[exp.Expr], str] = {
    exp.RegexpILike: "use regexp_like(lower(…), 'pattern')",
    exp.SimilarTo: "use like or regexp_like",
    exp.Collate: "remove it; text is compared by its code points on both engines",
    exp.AtTimeZone: "keep timestamps in UTC and without a zone",
    exp.BitwiseAnd: "use a boolean column for each bit",
    exp.BitwiseOr: "use a boolean column for each bit",
    exp.Array: _ARRAY,
    exp.Bracket: _ARRAY,
    exp.ArrayContainsAll: _ARRAY,
    exp.JSONExtract: _JSON,
    exp.JSONExtractScalar: _JSON,
    exp.JSONBExtract: _JSON,
    exp.JSONBExtractScalar: _JSON,
    exp.JSONBContains: _JSON,
    exp.Overlaps: "compare the four ends with < and >",
    exp.Pow: "use power(a, b)",
    exp.Pivot: "use sum(case when … then … end)",
    exp.TableSample: "filter by a column",
    exp.Lateral: "use a CTE with row_number(), or a join",
    exp.TryCast: "clean the text when it is staged",
    exp.Into: "remove it; the model's file says which table is made",
    exp.Lock: "remove it; a model changes nothing",
    exp.Hint: "remove it",
    exp.Qualify: "filter on the window function in an outer SELECT",
    exp.ByteString: "write the characters themselves between plain quotes",
    exp.UnicodeString: "write the characters themselves between plain quotes",
    exp.RawString: "write the characters themselves between plain quotes",
    exp.National: "write the characters themselves between plain quotes",
    exp.HexString: "write a decimal number or plain text",
    exp.BitString: "write a decimal number or plain text",
}
"""Refused nodes, each with what to write instead."""

PARAMETERS = (exp.Placeholder, exp.Parameter, exp.SessionParameter)

RESERVED = words(
    "all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create "
    "current_catalog current_date current_role current_time current_timestamp current_user default deferrable desc "
    "distinct do else end except false fetch for foreign from grant group having in initially intersect into lateral "
    "leading limit localtime localtimestamp not null offset on only or order placing primary references returning "
    "select session_user some symmetric system_user table then to trailing true union unique user using variadic when "
    "where window with authorization binary collation concurrently cross freeze full ilike inner is isnull join left "
    "like natural notnull outer overlaps right similar tablesample verbose"
)
"""Words that Postgres reserves, so that no table or column has them as a bare name (its appendix "SQL Key Words")."""
