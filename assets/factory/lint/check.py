"""Applies every rule to a model's tree and text, in one walk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlglot import exp

# Importing the modules of rules registers them.
from tributary.assets.factory.lint import calls, dates, expressions, shape  # noqa: F401
from tributary.assets.factory.lint.columns import column_findings
from tributary.assets.factory.lint.families import Families
from tributary.assets.factory.lint.finding import RULES, TYPED_RULES, Finding, line_of, shown
from tributary.assets.factory.lint.parsing import tokens_of
from tributary.assets.factory.lint.vocabulary import NODES, OPERATORS, PARAMETERS
from tributary.assets.factory.lint.words import word_findings
from tributary.resources.errors import nearest


def lint(
    tree: exp.Query,
    sql: str,
    schema: Mapping[str, Mapping[str, str]] | None = None,
    parameters: Mapping[str, str] | None = None,
) -> list[Finding]:
    """What must change in a model before it means the same on Postgres and on Athena/Trino; empty when nothing must.

    Args:
        tree: what `parse` made of `sql`.
        sql: the text that the findings' lines count in.
        schema: portable column types by column, by `schema.table`: all columns of each table that is known. More
            types make more rules decidable: divisions of double columns need no cast then, and columns that are not
            there are found.
        parameters: portable types of the parameters that may stand in it, as `:name`.
    """
    asked = parameters or {}
    families = Families(tree, schema, asked)
    findings = {*word_findings(tree, tokens_of(sql)), *_tree_findings(tree, families, asked)}
    if schema is not None:
        findings.update(column_findings(families))
    return sorted(findings)


def _tree_findings(tree: exp.Query, families: Families, parameters: Mapping[str, str]) -> Iterator[Finding]:
    for node in tree.walk():
        kind = type(node)
        found = [
            *(problem for rule in RULES.get(kind, ()) for problem in rule(node)),
            *(problem for rule in TYPED_RULES.get(kind, ()) for problem in rule(node, families)),
        ]
        yield from (Finding(line_of(node), name, message) for name, message in found)
        if kind not in NODES and (kind in OPERATORS or not isinstance(node, exp.Func)):
            yield from _refused(node, parameters)


def _refused(node: exp.Expr, parameters: Mapping[str, str]) -> Iterator[Finding]:
    """A node outside the portable subset; functions are judged by their names in the text instead."""
    if isinstance(node, exp.Pow) and "line" in node.meta:
        return  # the function power(), which has a place in the text; the operator ^ has none
    if isinstance(node, PARAMETERS):
        if isinstance(node, exp.Placeholder) and node.name in parameters:
            return
        problem = f"{shown(node)} is a parameter; write the value itself."
        if parameters:
            problem = f"{node.name or shown(node)} is no parameter{nearest(node.name, parameters)}"
        yield Finding(line_of(node), "parameter", problem)
        return
    instead = OPERATORS.get(type(node), "rewrite it with plain joins, case and listed functions")
    yield Finding(line_of(node), "not-portable", f"{shown(node)} is not in the portable subset: {instead}.")
