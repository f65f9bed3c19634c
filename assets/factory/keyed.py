"""Derives from a SELECT how its rows follow from rows of its inputs, key by key; refuses those of which that is not so.

To ask a SELECT for some keys is a filter on its outermost columns, and it is moved inwards as far as it goes: through a
column that is passed on, a GROUP BY and a window's PARTITION BY that name it, both sides of a UNION. A relation that is
joined by an equality is asked for the values that the rows already found have on the other side of it. Where the filter
arrives at a table, only rows with these values matter, to read and to follow.

The idea is that of magic sets (Bancilhon, Maier, Sagiv, Ullman 1986). What an engine does with a plan is in
`resources.warehouse.following`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, cast

from sqlglot import exp

from tributary.assets.factory.keyed_select import (
    NotByKeysError,
    Same,
    equalities,
    expect_apart,
    nested,
    output,
    pairs,
    relations,
)
from tributary.assets.factory.lineage import qualified
from tributary.resources.warehouse.following import KeyPlan, Lookup, Read, place_of

_PASSED_ON = (exp.Max, exp.Min, exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue, exp.NthValue, exp.Nullif)
"""Functions that give one of the values of their first argument, or null."""


@dataclass(frozen=True)
class Keyed:
    """A SELECT that reads only what the rows of some keys are made of, and the plan that says what that is."""

    select: exp.Query
    plan: KeyPlan


def by_keys(select: exp.Query, schema: Mapping[str, Mapping[str, str]], keys: Mapping[str, str]) -> Keyed:
    """How the rows of keys are made.

    Args:
        select: a model's tree, as `assets.factory.lint` accepts it.
        schema: the portable types of the columns of every table that it reads.
        keys: the declared types of the key's columns.

    Raises:
        NotByKeysError: they cannot be made by themselves, as the sentence says.
    """
    tree = qualified(select, schema)
    planner = _Planner({cte.alias: cte.this for cte in tree.ctes})
    tree.set("with_", None)
    found, _ = planner.query(tree, _Demand(tuple(keys), 0))
    if planner.ctes:
        found.set("with_", exp.With(expressions=planner.ctes))
    reads = tuple(sorted(planner.reads, key=lambda read: (read.table, read.columns, read.within)))
    plan = KeyPlan(tuple(keys), tuple(planner.sets), reads)
    _expect_one_type(plan, {**schema, "the table": keys})
    return Keyed(found, plan)


@dataclass(frozen=True)
class _Demand:
    """Rows are asked for whose columns are among the values of a set."""

    columns: tuple[str, ...]
    within: int


class _Origins(Protocol):
    """What was found of a relation: where the values of its columns come from."""

    def origins(self, column: str) -> Iterator[tuple[Read, str]]: ...


@dataclass(frozen=True)
class _Table:
    read: Read

    def origins(self, column: str) -> Iterator[tuple[Read, str]]:
        yield self.read, column


@dataclass(frozen=True)
class _Union:
    branches: tuple[tuple[_Origins, list[str]], ...]
    names: list[str]

    def origins(self, column: str) -> Iterator[tuple[Read, str]]:
        place = self.names.index(column)
        for branch, names in self.branches:
            yield from branch.origins(names[place])


@dataclass
class _Select:
    """A SELECT while it is looked at: its relations by alias, and what was found of those that are asked for."""

    node: exp.Select
    outer: _Select | None = None
    found: dict[str, _Origins] = field(default_factory=dict)

    def of(self, alias: str) -> _Origins | None:
        """What was found of a relation, of this SELECT or of one around it."""
        return self.found.get(alias) or (self.outer.of(alias) if self.outer else None)

    def origins(self, column: str) -> Iterator[tuple[Read, str]]:
        for one in self.node.selects:
            if one.alias_or_name == column:
                yield from self.passed_on(one)

    def passed_on(self, node: exp.Expr) -> Iterator[tuple[Read, str]]:
        """The columns of tables of whose values an expression gives one, or null.

        Raises:
            NotByKeysError: it gives other values.
        """
        match node:
            case exp.Column():
                relation = self.of(node.table)
                if relation is None:
                    raise NotByKeysError(f"{node.sql()} is of a relation that is not asked for by keys")
                yield from relation.origins(node.name)
            case exp.Alias() | exp.Paren() | exp.Window() | exp.IgnoreNulls() | exp.RespectNulls():
                yield from self.passed_on(node.this)
            case exp.Case():
                results = [one.args["true"] for one in node.args["ifs"]]
                for one in [*results, *([node.args["default"]] if node.args.get("default") else [])]:
                    yield from self.passed_on(one)
            case exp.Coalesce():
                for one in [node.this, *node.expressions]:
                    yield from self.passed_on(one)
            case exp.Null():
                pass
            case _ if isinstance(node, _PASSED_ON) and not node.args.get("default"):
                yield from self.passed_on(node.this)
            case _:
                raise NotByKeysError(f"{node.sql('postgres')} makes values of its own, which no table can be asked for")


class _Planner:
    """Moves what is asked for inwards, and gathers sets, reads and the CTEs of the SELECT that reads no more."""

    def __init__(self, known: Mapping[str, exp.Query]) -> None:
        self._known = known
        self._made: dict[tuple[str, _Demand], tuple[str, _Origins]] = {}
        self.ctes: list[exp.CTE] = []
        self.sets: list[tuple[Lookup, ...]] = [()]
        self.reads: dict[Read, None] = {}

    def query(self, node: exp.Expr, demand: _Demand) -> tuple[exp.Query, _Origins]:
        """The query with only what is asked for read, and what was found of it."""
        if isinstance(node, exp.Subquery):
            inner, found = self.query(node.this, demand)
            copy = node.copy()
            copy.set("this", inner)
            return copy, found
        if cast("exp.Query", node).ctes:
            raise NotByKeysError("a WITH stands inside of another query; write it at the top")
        if node.args.get("limit") or node.args.get("offset"):
            raise NotByKeysError("a LIMIT takes rows of all keys together")
        if isinstance(node, exp.SetOperation):
            return self._union(node, demand)
        return self._select(cast("exp.Select", node), demand)

    def _union(self, node: exp.SetOperation, demand: _Demand) -> tuple[exp.Query, _Origins]:
        copy = node.copy()
        branches = []
        for side in ("this", "expression"):
            names = cast("exp.Query", node.args[side]).named_selects
            places = [node.named_selects.index(column) for column in demand.columns]
            inner, found = self.query(node.args[side], _Demand(tuple(names[place] for place in places), demand.within))
            copy.set(side, inner)
            branches.append((found, names))
        return copy, _Union(tuple(branches), node.named_selects)

    def _select(self, node: exp.Select, demand: _Demand) -> tuple[exp.Query, _Origins]:
        copy = node.copy()
        scope = _Select(copy)
        wanted = [output(copy, column) for column in demand.columns]
        same = Same(equalities(copy))
        expect_apart(copy, wanted, same)
        for alias, (relation, kind) in list(relations(copy)):
            columns = [same.in_relation(column, alias) for column in wanted]
            if kind not in ("left", "cross") and None not in columns:
                self._ask(scope, relation, _Demand(tuple(name for name in columns if name), demand.within))
        if not scope.found:
            raise NotByKeysError(
                f"{' and '.join(column.sql() for column in wanted)} cannot be asked of one relation that keeps its rows"
            )
        self._reach_all(scope, wanted, demand)
        self._inner_queries(scope, copy)
        return copy, scope

    def _reach_all(self, scope: _Select, wanted: list[exp.Column], demand: _Demand | None) -> None:
        """Ask all relations of a SELECT that were not asked yet, those first that others lead on from."""
        shared = list(equalities(scope.node))
        left = {alias: found for alias, found in relations(scope.node) if alias not in scope.found}
        for alias in [alias for alias, (_, kind) in left.items() if kind == "cross"]:
            table, _ = left.pop(alias)
            self.reads[Read(f"{cast('exp.Table', table).db}.{table.name}", (), 0)] = None
        while left:
            refusals: list[NotByKeysError] = []
            for alias, (relation, kind) in list(left.items()):
                # What the ON of an outer join says holds for the rows that it adds, and for no others.
                on = relation.parent.args.get("on") if kind == "left" and relation.parent is not None else None
                try:
                    self._reach(scope, relation, Same([*shared, *pairs(on)]), wanted, demand)
                except NotByKeysError as error:
                    refusals.append(error)
                else:
                    del left[alias]
            if len(refusals) == len(left) and refusals:
                raise refusals[0]

    def _reach(
        self, scope: _Select, relation: exp.Expr, same: Same, wanted: list[exp.Column], demand: _Demand | None
    ) -> None:
        """Ask a relation for what the rows that were asked for already have on the other side of an equality."""
        alias = relation.alias_or_name
        if demand is not None:
            columns = [same.in_relation(column, alias) for column in wanted]
            if None not in columns:
                self._ask(scope, relation, _Demand(tuple(name for name in columns if name), demand.within))
                return
        problem = f"{alias} is joined by no equality with a column that could be asked for by keys"
        for mine, other in same.with_relation(alias):
            try:
                if scope.of(other.table) is None:
                    continue
                origins = list(scope.passed_on(other))
            except NotByKeysError as error:
                problem = f"{alias} is joined by {other.sql()}, and {error}"
                continue
            self._ask(scope, relation, _Demand((mine.name,), self._set(origins)))
            return
        raise NotByKeysError(problem)

    def _inner_queries(self, scope: _Select, node: exp.Expr) -> None:
        """Ask the queries within expressions of a SELECT, each for what the rows around it are compared with."""
        for query in list(nested(node)):
            holder = query.parent
            if isinstance(holder, exp.Subquery):
                holder = holder.parent
            if isinstance(holder, exp.In):
                if isinstance(holder.parent, exp.Not):
                    raise NotByKeysError("NOT IN is decided by nulls of all keys; write NOT EXISTS")
                origins = list(scope.passed_on(holder.this))
                made, _ = self.query(query, _Demand((cast("exp.Query", query).named_selects[0],), self._set(origins)))
                query.replace(made)
                continue
            if not isinstance(query, exp.Select) or query.ctes:
                raise NotByKeysError("a query within an expression must be one SELECT")
            within = _Select(query, scope)
            self._reach_all(within, [], None)
            self._inner_queries(within, query)

    def _ask(self, scope: _Select, relation: exp.Expr, demand: _Demand) -> None:
        """Put in a relation's place what it has of the values that are asked for."""
        alias = relation.alias_or_name
        if isinstance(relation, exp.Subquery):
            made, scope.found[alias] = self.query(relation.this, demand)
            relation.set("this", made)
        elif isinstance(relation, exp.Table) and relation.db:
            read = Read(f"{relation.db}.{relation.name}", demand.columns, demand.within)
            self.reads[read] = None
            scope.found[alias] = _Table(read)
            plain = exp.table_(relation.name, relation.db)
            conditions = [
                exp.EQ(this=exp.column(name), expression=exp.Literal.string(place_of(demand.within, place)))
                for place, name in enumerate(demand.columns)
            ]
            relation.replace(exp.select("*").from_(plain).where(*conditions).subquery(alias))
        else:
            name, scope.found[alias] = self._cte(relation.name, demand)
            relation.set("this", exp.to_identifier(name))
            relation.set("alias", exp.TableAlias(this=exp.to_identifier(alias)))

    def _cte(self, name: str, demand: _Demand) -> tuple[str, _Origins]:
        if (name, demand) not in self._made:
            made, found = self.query(self._known[name], demand)
            others = sum(known == name for known, _ in self._made)
            own = f"{name}_{others + 1}" if others else name
            while own != name and own in self._known:
                own += "_"
            self._made[name, demand] = own, found
            self.ctes.append(exp.CTE(this=made, alias=exp.TableAlias(this=exp.to_identifier(own))))
        return self._made[name, demand]

    def _set(self, origins: Iterable[tuple[Read, str]]) -> int:
        """The number of the set of values that columns of tables have in the rows that are asked for."""
        lookups = sorted(
            {Lookup(read.table, (column,), read.columns, read.within) for read, column in origins},
            key=lambda one: (one.table, one.gives, one.by, one.within),
        )
        if tuple(lookups) not in self.sets[1:]:
            self.sets.append(tuple(lookups))
        return self.sets.index(tuple(lookups), 1)


def _expect_one_type(plan: KeyPlan, schema: Mapping[str, Mapping[str, str]]) -> None:
    """Expect values to be looked up where their type is the same, since they are passed on as text."""
    for number, lookups in enumerate(plan.sets):
        given = [(one.table, one.gives) for one in lookups] if number else [("the table", plan.columns)]
        given += [(read.table, read.columns) for read in plan.reads if read.within == number and read.columns]
        for place in range(len(given[0][1])):
            found = {schema[table][columns[place]]: f"{table}.{columns[place]}" for table, columns in given}
            if len(found) > 1:
                named = " and ".join(f"{column} ({type_})" for type_, column in sorted(found.items()))
                raise NotByKeysError(f"{named} are compared, which are of several types")
