"""What a page of the dashboard is made of: rows and documents of the data API, and linked pictures.

A page is a Python file in the folder of its source's pages. It runs in the dashboard's process, by Streamlit, and reads
by the data API alone, as whoever looks at it. How the API is asked is told by `connect`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from tributary.assets.source import Source
from tributary.resources.errors import TributaryError
from tributary.resources.linked.declaration import Linked
from tributary.resources.linked.files import STATIC, address
from tributary.resources.warehouse.table import PII

if TYPE_CHECKING:
    import pandas as pd

WHO = "Tributary-Who"
"""The header that says who looks at a page; the dashboard's server writes it, whatever a client sends."""

_MOUNT = """
export default async function ({ data, parentElement }) {
  if (parentElement.linked) return;
  parentElement.linked = true;
  const { mount } = await import(new URL(data.base + "/linked.js", location.origin).href);
  const end = mount(parentElement.querySelector("div"), data.declared);
  return () => { end(); parentElement.linked = false; };
}
"""


class PageError(TributaryError):
    """A page cannot show what it should."""


class Answer(Protocol):
    """An answer of the data API."""

    @property
    def status_code(self) -> int:
        """Of HTTP."""

    @property
    def content(self) -> bytes:
        """The bytes of the answer."""

    def json(self) -> Any:
        """The document."""


Ask = Callable[[str, Mapping[str, str], str], Answer]
_ask: list[Ask] = []


def connect(ask: Ask) -> None:
    """Have pages ask by a function of a path below `/api/v1`, a query, and the value of `WHO`."""
    _ask[:] = [ask]


class PageFile(NamedTuple):
    """A page: its file, its title, and its address below the dashboard's."""

    path: Path
    title: str
    address: str


def page_files(source: Source) -> list[PageFile]:
    """The pages of a source, by the names of their files; `_` stands for a blank, and before a name hides a file."""
    folder = source.pages
    files = sorted(folder.glob("[!_]*.py")) if folder else []
    return [
        PageFile(
            path,
            path.stem.replace("_", " ").capitalize(),
            source.name if path.stem == source.name else f"{source.name}-{path.stem.replace('_', '-')}",
        )
        for path in files
    ]


def document(path: str, **query: str) -> Any:
    """A document of the data API, by its path below `/api/v1`, as `/households/1/recommendations`.

    Raises:
        PageError: the API gives none, with its reason.
    """
    return _answer(path, query).json()


def columns(table: str, type_: str = "") -> list[str]:
    """The columns of a table that whoever looks may see, of types that begin with some letters."""
    import streamlit as st

    scopes = json.loads(st.context.headers[WHO])["scopes"]
    found = document(f"/tables/{table}")["columns"]
    seen = [one for one in found if PII not in one["tags"] or PII in scopes]
    return [one["name"] for one in seen if one["type"].startswith(type_)]


def rows(table: str, **query: str) -> pd.DataFrame:
    """All rows of a table, by the API's own filters: `rows("gold.x", day="gte.2024-01-01")`; raises as `document`."""
    return _frame(f"/tables/{table}/rows", query)


def aggregate(table: str, measures: str, dimensions: str = "", **query: str) -> pd.DataFrame:
    """Measures by dimensions, as the API words both: `aggregate("gold.x", "sum(sales)", "month(day)")`."""
    grouped = {"dimensions": dimensions} if dimensions else {}
    return _frame(f"/tables/{table}/aggregate", {"measures": measures, **grouped, **query})


def _answer(path: str, query: Mapping[str, str]) -> Answer:
    import streamlit as st

    if not _ask:
        raise PageError("Pages are shown by `tributary up`, below /dashboard/: this one was run by itself.")
    answer = _ask[0](path, query, st.context.headers[WHO])
    if answer.status_code != 200:
        raise PageError(f"{answer.json()['detail']}")
    return answer


def _frame(path: str, query: Mapping[str, str]) -> pd.DataFrame:
    """Rows with their types, decimals as numbers, which is what charts take."""
    import pyarrow as pa

    table = pa.ipc.open_stream(_answer(path, {**query, "format": "arrow"}).content).read_all()
    fields = [one.with_type(pa.float64()) if pa.types.is_decimal(one.type) else one for one in table.schema]
    found: pd.DataFrame = table.cast(pa.schema(fields)).to_pandas(date_as_object=False)
    return found


def freshness(*tables: str) -> None:
    """One line a table: how old its rows are, and which checks fail."""
    import streamlit as st

    for table in tables:
        told = document(f"/tables/{table}")
        failing = [one for one in told["checks"] if one["failures"]]
        updated = (told["updated_at"] or "")[:16].replace("T", " ")
        line = f"{table}: {f'rows of {updated} UTC' if updated else 'not made yet'}. "
        if failing:
            holds = "; ".join(f"{one['holds']} ({one['failures']:,} rows)" for one in failing)
            st.warning(f"{line}{len(failing)} of {len(told['checks'])} checks fail: {holds}")
        else:
            st.caption(f"{line}All {len(told['checks'])} checks pass." if updated else line)


@lru_cache(maxsize=1)
def _component() -> Callable[..., Any]:
    import streamlit as st

    style = (STATIC / "linked.css").read_text()
    found: Callable[..., Any] = st.components.v2.component("tributary_linked", html="<div></div>", css=style, js=_MOUNT)
    return found


def show(linked: Linked) -> None:
    """Linked pictures, whose rows the browser gets from the data API by itself, and whose state is in the address."""
    import streamlit as st

    visible = columns(linked.table)
    if not set(linked.columns).issubset(visible):
        linked = linked.shown_to(visible)
        st.caption("Columns with personal data are not shown to you.")
    # Without a key the data would be the component's identity, and each run would begin a new one.
    _component()(data={"base": address(), "declared": linked.declared()}, key=f"linked-{linked.title}")
