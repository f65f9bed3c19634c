"""How tables of an environment differ from production's, as text, JSON, or Markdown for a pull request."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tributary.assets.factory.markdown import table
from tributary.cli.console import out
from tributary.cli.tables import Heading, print_rows
from tributary.resources.wording import count as counted

if TYPE_CHECKING:
    from tributary.resources.warehouse.environments.diffing import Difference

FORMATS = ("table", "json", "markdown")


class _Part(NamedTuple):
    """A part of what is told of a table: a title, and rows under headings."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str | None]]


def write(found: Mapping[str, Difference | None], environment: str, output: str) -> None:
    """Show the differences of tables, by `schema.table`; None is a table that the environment does not hold."""
    if output == "json":
        every = [
            {"table": key, "differs": one is not None and one.differs, **({} if one is None else asdict(one))}
            for key, one in found.items()
        ]
        encoded = msgspec.json.encode(every, enc_hook=str)
        sys.stdout.buffer.write(msgspec.json.format(encoded) + b"\n")
    elif output == "markdown":
        sys.stdout.write("\n".join(_markdown(found, environment)) + "\n")
    else:
        for key, one in found.items():
            _print(key, one, environment)


def sentence_of(one: Difference | None, environment: str) -> str:
    """What differs of a table, in one line."""
    if one is None:
        return f"the same, as {environment} reads production's"
    if one.is_new:
        return f"new, {counted(one.rows_after, 'row')}"
    if not one.differs:
        return f"the same, {counted(one.rows_after, 'row')}"
    counts = [f"{n:,} {word}" for n, word in ((one.added, "added"), (one.gone, "gone"), (one.changed, "changed")) if n]
    rows = ", ".join(counts) if counts else "no other rows"
    columns = "; other columns" if one.columns_differ else ""
    by = f" by {', '.join(one.key)}" if one.key else " as multisets, since no check says what is unique"
    return f"{rows} of {one.rows_before:,}{by}{columns}"


def _parts(one: Difference) -> Iterator[_Part]:
    columns = [("added", name, kind) for name, kind in ({} if one.is_new else one.columns_added).items()]
    columns += [("gone", name, kind) for name, kind in one.columns_gone.items()]
    columns += [("other type", name, f"{was} → {now}") for name, (was, now) in one.types_changed.items()]
    if columns:
        yield _Part("Columns", ("", "column", "type"), columns)
    if one.by_column:
        rows = [[name, f"{count:,}", *_example(one, name)] for name, count in one.by_column.items()]
        yield _Part("Changed values", ("column", "rows", "for example", "was", "is"), rows)
    for title, some, count in (("Rows added", one.added_rows, one.added), ("Rows gone", one.gone_rows, one.gone)):
        if some:
            more = f" ({len(some)} of {count:,})" if count > len(some) else ""
            yield _Part(f"{title}{more}", tuple(some[0]), [[_text(value) for value in row.values()] for row in some])


def _example(one: Difference, name: str) -> list[str | None]:
    change = one.changes[name]
    key = ", ".join(f"{column}={_text(value)}" for column, value in change.key.items())
    return [key, _text(change.before), _text(change.after)]


def _print(key: str, one: Difference | None, environment: str) -> None:
    sign = "[yellow]≠[/]" if one is not None and one.differs else "[green]=[/]"
    out.print(f"{sign} [bold]{key}[/]: {sentence_of(one, environment)}", soft_wrap=True)
    sys.stdout.flush()
    for part in _parts(one) if one is not None else ():
        out.print(f"\n{part.title}", soft_wrap=True)
        print_rows([Heading(name) for name in part.headings], part.rows)
        sys.stdout.flush()


def _markdown(found: Mapping[str, Difference | None], environment: str) -> Iterator[str]:
    differing = {key: one for key, one in found.items() if one is not None and one.differs}
    yield f"## Environment {environment}: {len(differing)} of {len(found)} tables differ from production"
    yield ""
    yield table(
        ("table", "differs"),
        [(f"`{key}`", sentence_of(one, environment)) for key, one in found.items()],
        longest=200,
    )
    for key, one in differing.items():
        parts = list(_parts(one))
        if not parts:
            continue
        yield f"\n<details><summary><code>{key}</code></summary>\n"
        for part in parts:
            yield f"**{part.title}**\n\n{table(part.headings, part.rows)}\n"
        yield "</details>"


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return format(value, "f") if isinstance(value, Decimal) else str(value)
