"""What selections mean: held against Dagster's own reading of the same words, and beyond it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import dagster as dg
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tributary.asset_graph import FILE, Asset, AssetGraph, graph_of
from tributary.modified import AgainstError, changed_files, modified
from tributary.resources.home import put_whole
from tributary.selection import SelectionError, selected

pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning")


def _asset(key: str, *deps: str, group: str = "one", **more: Any) -> dg.AssetsDefinition:
    @dg.asset(
        key=key.split("."),
        deps=[dg.AssetKey(one.split(".")) for one in deps],
        group_name=group,
        kinds={key.partition(".")[0]},
        owners=[f"team:{group}"],
        **more,
    )
    def made() -> None: ...

    return made


DEFINED = [
    _asset("raw.sales"),
    _asset("raw.shops", group="two"),
    _asset("staged.sales", "raw.sales", tags={"pace": "slow"}),
    _asset("staged.shops", "raw.shops", group="two"),
    _asset("core.sale", "staged.sales", "staged.shops"),
    _asset("core.shop", "staged.shops", group="two", tags={"plain": ""}),
    _asset("gold.sales", "core.sale", "core.shop"),
    _asset("gold.alone", group="two"),
]
DAGSTER = dg.Definitions(assets=DEFINED).resolve_implicit_global_asset_job_def().asset_layer.asset_graph
GRAPH = graph_of(DAGSTER)

ATTRIBUTES = st.sampled_from(
    [
        'key:"gold/*"',
        'key:"staged/sales"',
        "key:raw/*",
        "group:one",
        'group:"t*"',
        "kind:core",
        "tag:plain",
        "tag:pace=slow",
        'owner:"team:two"',
        'key:"*/sales"',
    ]
)
DEPTHS = st.sampled_from(["", "+", "1+", "2+"])


def _traversed(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    closed = st.one_of(
        ATTRIBUTES,
        inner.map(lambda text: f"({text})"),
        inner.map(lambda text: f"sinks({text})"),
        inner.map(lambda text: f"roots({text})"),
    )
    return st.one_of(
        st.builds(lambda up, text, down: up + text + down[::-1], DEPTHS, closed, DEPTHS),
        inner.map(lambda text: f"not {text}"),
        st.builds(lambda one, word, other: f"{one} {word} {other}", inner, st.sampled_from(["and", "or", "OR"]), inner),
    )


@given(st.recursive(st.one_of(ATTRIBUTES, st.just("*")), _traversed, max_leaves=5))
def test_selections_mean_what_dagster_says(text: str) -> None:
    theirs = {".".join(key.path) for key in dg.AssetSelection.from_string(text).resolve(DAGSTER)}
    try:
        ours = {one.key for one in selected(GRAPH, [text])}
    except SelectionError:
        ours = set()
    assert ours == theirs


@pytest.mark.parametrize(
    ("selections", "exclude", "found"),
    [
        (["core.sale"], [], ["core.sale"]),
        (["core/sale", "gold.*"], [], ["gold.alone", "core.sale", "gold.sales"]),
        (["two and staged"], [], ["staged.shops"]),
        (["1+core.sale"], ["raw", "staged.shops"], ["staged.sales", "core.sale"]),
        ([], ["one or two"], None),
        (["*"], ["*.sales", "core", "raw"], ["gold.alone", "staged.shops"]),
        (["state:modified+"], [], ["core.shop", "gold.sales"]),
        (["state:modified and staged"], [], []),
    ],
)
def test_tables_layers_sources_and_states_are_named_shortly(
    selections: list[str], exclude: list[str], found: list[str] | None
) -> None:
    states = {"modified": lambda: ["core.shop", "core.gone"]}
    if found is None:
        with pytest.raises(SelectionError, match="matches no asset"):
            selected(GRAPH, selections, exclude, states)
    else:
        assert sorted(one.key for one in selected(GRAPH, selections, exclude, states)) == sorted(found)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("gold.sale", "gold.sale is none; did you mean gold.sales?"),
        ("glod", "glod is none; did you mean gold?"),
        ("(gold", r"cannot be read: \) is missing\."),
        ("gold and", "something is missing at its end"),
        ("grup:one", "grup: is no part of a selection; did you mean group?"),
        ("state:modifed", "state:modifed is not known; did you mean modified?"),
        ("gold 3", "3 is not expected there"),
        ("gold; drop", "; cannot be read"),
        ("", "something is missing"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(SelectionError, match=sentence):
        selected(GRAPH, [text], states={"modified": list})


def test_what_is_modified_against_another_home_has_another_code_version_or_is_new(tmp_path: Path) -> None:
    then = AssetGraph("", (Asset("core.a", "s", "model", code_version="1"), Asset("core.b", "s", "model")))
    now = AssetGraph(
        "", (Asset("core.a", "s", "model", code_version="2"), *then.assets[1:], Asset("core.c", "s", "model"))
    )
    put_whole(tmp_path / FILE, msgspec.json.encode(then))
    assert modified(now, str(tmp_path)) == {"core.a", "core.c"}
    put_whole(tmp_path / FILE, b"{")
    with pytest.raises(AgainstError, match="cannot be read"):
        modified(now, str(tmp_path))


def test_what_differs_from_a_revision_is_read_without_touching_the_tree(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True, capture_output=True)

    git("init", "-q")
    for name in ("kept.sql", "edited.sql", "source.py"):
        (tmp_path / name).write_text("select 1")
    git("add", ".")
    git("-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "all")
    (tmp_path / "edited.sql").write_text("select 2")
    (tmp_path / "new.sql").write_text("select 3")
    index = (tmp_path / ".git" / "index").read_bytes()
    assert {path.name for path in changed_files(tmp_path, "HEAD") or ()} == {"edited.sql", "new.sql"}
    assert (tmp_path / ".git" / "index").read_bytes() == index
    for wrong in ("no-such", "--output=x", ""):
        assert changed_files(tmp_path, wrong) is None
    assert not (tmp_path / "x").exists()
