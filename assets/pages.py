"""What a page of the dashboard is made of: rows and documents of the data API, and linked pictures.

A page is a Python file in the folder of its source's pages. It runs in the dashboard's process, by Streamlit, and reads
by the data API alone, as whoever looks at it. How the API is asked is told by `connect`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from tributary.assets.source import Source
from tributary.resources.errors import TributaryError
from tributary.resources.linked.declaration import Linked
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
  const end = mount(parentElement.querySelector("div"), data.declared, { tiles: data.tiles });
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


class Tiles(NamedTuple):
    """Whose tiles lie under maps: the address of one, with {z}, {x} and {y}, and who is to be named for them."""

    url: str
    credit: str


_tiles: list[Tiles] = []


def connect(ask: Ask, tiles: Tiles | None = None) -> None:
    """Have pages ask by a function of a path below `/api/v1`, a query, and the value of `WHO`."""
    _ask[:] = [ask]
    _tiles[:] = [tiles] if tiles else []


class PageFile(NamedTuple):
    """A page: its file, its title, and its address below the dashboard's."""

    path: Path
    title: str
    address: str


def page_files(source: Source) -> list[PageFile]:
    """The pages of a source by the names of their files, first that of its own name; `_` stands for a blank, and
    before a name hides a file.
    """
    folder = source.pages
    files = sorted(folder.glob("[!_]*.py"), key=lambda one: (one.stem != source.name, one.stem)) if folder else []
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
    """How old the rows of tables are, in a line; those that are late, and the checks that fail, one by one."""
    import streamlit as st

    told = [document(f"/tables/{table}") for table in tables]
    made = sorted(one["updated_at"][:16].replace("T", " ") for one in told if one["updated_at"])
    span = f"Rows of {made[0]}" if made else "No rows yet"
    span += f" to {made[-1]} UTC" if made and made[-1] != made[0] else " UTC" if made else ""
    checks = [check for one in told for check in one["checks"]]
    passed = sum(check["failures"] == 0 for check in checks)
    # Of a table that is written in parts, what the checks found is not kept beside its rows.
    untold = any(check["failures"] is None for check in checks)
    line = f"{span}, of {', '.join(tables)}. {passed} of {len(checks)} checks pass"
    # As text of its full contrast, since Streamlit's captions are too pale to be read by all.
    st.markdown(f":small[{line}{'; of the others their runs tell' if untold else ''}.]")
    for one in told:
        for check in one["checks"]:
            if check["failures"]:
                st.warning(f"{one['key']}: a check fails in {check['failures']:,} rows: {check['holds']}")
        if not one["updated_at"]:
            st.warning(f"{one['key']} is not made yet.")
        elif one["fresh_within_seconds"] and age(one["updated_at"]) > one["fresh_within_seconds"]:
            st.warning(f"{one['key']} is older than it should be: its rows are of {one['updated_at'][:16]} UTC.")


def age(moment: str, at: str = "") -> float:
    """Seconds from a moment to another, or to now, as the API writes both."""
    until = datetime.fromisoformat(at) if at else datetime.now(UTC)
    return (until - datetime.fromisoformat(moment)).total_seconds()


def choose(label: str, options: Sequence[str], key: str, called: Callable[[str], str]) -> str:
    """One of some values, which is in the address under `key`, whatever it is called; the first where none is there.

    Streamlit's own way would put what it is called into the address, which may be another tomorrow.
    """
    import streamlit as st

    state, asked = st.session_state, st.query_params.get(key, "")
    # The address leads where it changed, as by the way back; else what was chosen does.
    if state.get(f"asked-{key}") != asked or state.get(f"chosen-{key}") not in options:
        state[f"chosen-{key}"] = asked if asked in options else options[0]
    state[f"asked-{key}"] = asked
    chosen = st.selectbox(label, options, format_func=called, key=f"chosen-{key}")
    if chosen != (asked or options[0]):
        st.query_params[key] = state[f"asked-{key}"] = chosen
    return chosen


def chart(
    title: str, rows: pd.DataFrame, x: str, y: str, *, kind: str = "bar", color: str = "", labels: Sequence[str] = ()
) -> None:
    """A picture with a title and its numbers as CSV: of `kind` bar, line, or lying (bars from left to right).

    Args:
        rows: what is drawn; a column of moments is an axis of time.
        color: a column of few texts that bars are coloured by.
        labels: what is written along x and y, where that is not the columns' names.
    """
    import pandas as pd
    import streamlit as st

    st.header(title, anchor=False)
    if rows.empty:
        st.info("There is nothing to show yet.")
        return
    along, up = labels or (x, y)
    is_time = pd.api.types.is_datetime64_any_dtype(rows[x])
    names: dict[str, Any] = {"field": x, "type": "temporal" if is_time else "nominal", "title": along}
    # Labels of steps lie flat as long as they are few; the order is that of the rows.
    names |= (
        {} if is_time else {"sort": None, "axis": {"labelAngle": 0, "labelLimit": 160, "labelOverlap": kind != "lying"}}
    )
    amounts = {"field": y, "type": "quantitative", "title": up}
    tell = [{**names, "axis": None, "sort": None}, amounts, *([{"field": color, "type": "nominal"}] if color else [])]
    spec: dict[str, Any] = {
        "description": f"{title}: {up} by {along}, {len(rows):,} in all",
        "mark": {"type": "line" if kind == "line" else "bar", "point": kind == "line", "tooltip": True},
        "encoding": {
            **({"y": names, "x": amounts} if kind == "lying" else {"x": names, "y": amounts}),
            **({"color": {"field": color, "type": "nominal", "sort": None, "title": None}} if color else {}),
            "tooltip": [{key: value for key, value in one.items() if key not in ("axis", "sort")} for one in tell],
        },
    }
    st.vega_lite_chart(rows, spec, width="stretch", height=26 * len(rows) + 80 if kind == "lying" else 280)
    name = "-".join(title.lower().split())
    st.download_button("Save as CSV", rows.to_csv(index=False), f"{name}.csv", "text/csv", key=f"save-{name}")


@lru_cache(maxsize=1)
def _component() -> Callable[..., Any]:
    import streamlit as st

    from tributary.resources.linked.files import STATIC

    style = (STATIC / "linked.css").read_text()
    found: Callable[..., Any] = st.components.v2.component("tributary_linked", html="<div></div>", css=style, js=_MOUNT)
    return found


def show(linked: Linked) -> None:
    """Linked pictures, whose rows the browser gets from the data API by itself, and whose state is in the address."""
    import streamlit as st

    # Here, since the catalogue and the command line list pages without drawing any.
    from tributary.resources.linked.files import address

    visible = columns(linked.table)
    if not set(linked.columns).issubset(visible):
        linked = linked.shown_to(visible)
        st.caption("Columns with personal data are not shown to you.")
    # Without a key the data would be the component's identity, and each run would begin a new one; of other rows it is
    # another.
    key = "-".join(["linked", linked.title, *sorted(linked.where.values())])
    tiles = _tiles[0]._asdict() if _tiles else None
    _component()(data={"base": address(), "declared": linked.declared(), "tiles": tiles}, key=key)
