"""The commands of environments: what they print, and with which exit code they end."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from tests.conftest import Cli
from tests.environments import shop as shops
from tests.environments.shop import SOME, Shop, sales

from tributary.assets.automation.partitions import UNPARTITIONED
from tributary.catalogue import catalogue_of
from tributary.cli import environments
from tributary.cli.materialize import materialize
from tributary.cli.plan import plan
from tributary.cli.render import render
from tributary.resources.settings import get_settings
from tributary.selection import SelectionError

Ran = Callable[..., str]


@pytest.fixture
def within(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes the commands of this process those of the shop and an environment."""
    monkeypatch.setenv("TRIBUTARY_DATABASE_PREFIX", shop.settings.database_prefix)
    for module in ("platform", "cli.environments", "instance.opening"):
        monkeypatch.setattr(f"tributary.{module}.get_sources", lambda: shop.sources)
    monkeypatch.setattr("tributary.environments.listing.get_graph", lambda: shop.graph)
    monkeypatch.setattr(
        "tributary.environments.listing.get_catalogue", lambda: catalogue_of(shop.sources, shop.settings.home)
    )

    def set_to(name: str) -> None:
        monkeypatch.setenv("TRIBUTARY_ENVIRONMENT", name)
        get_settings.cache_clear()

    return set_to


def test_a_preview_tells_a_pull_request_what_it_changes(
    shop: Shop, within: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    within("pr-12")
    assert environments.preview([], [], "HEAD") == 0
    assert "pr_12 holds nothing" in capsys.readouterr().out
    shop.write("core/real_sale", " and s.amount <> 5", twice="integer s.amount * 2")
    capsys.readouterr()
    assert environments.preview([], [], "HEAD") == environments.DIFFERS
    told = capsys.readouterr()
    assert "gold.shop_total: it reads core.real_sale, which differs" in told.err
    assert told.out.startswith("## Environment pr_12: 3 of 3 tables differ from production\n")
    assert "| `gold.shop_total` | 1 changed of 2 by shop |" in told.out
    assert "| total | 1 | shop=a | 12 | 7 |" in told.out
    assert "| added | twice | integer |" in told.out
    assert "sale | done" not in told.out

    assert environments.diff(["gold.shop_total", "staged.sales"], "json") == environments.DIFFERS
    total, other = json.loads(capsys.readouterr().out)
    assert (total["differs"], total["changed"], total["by_column"], total["changes"]["total"]["after"]) == (
        True,
        1,
        {"total": 1},
        7,
    )
    assert (other["table"], other["differs"]) == ("staged.sales", False)
    assert environments.ls("json") == 0
    [listed] = json.loads(capsys.readouterr().out)
    assert (listed["name"], len(listed["tables"]), listed["behind"], listed["unrecorded"]) == ("pr_12", 3, [], [])
    shops.ROWS[:] = [*SOME, *sales((5, "c", "2024-03-02", 2))]
    shop.make("staged.sales")
    assert environments.ls("table") == 0
    assert "core.real_sale" in capsys.readouterr().out.splitlines()[1]
    assert environments.preview([], [], "HEAD") == environments.DIFFERS
    assert environments.promote() == 0
    assert "3 tables of pr_12 are production's now" in capsys.readouterr().out
    assert environments.diff([], "table") == 0
    assert environments.drop("pr-12") == 0
    assert shop.rows("SELECT shop, total FROM gold.shop_total ORDER BY shop") == [("a", 7), ("b", 9), ("c", 2)]


def test_a_plan_tells_what_would_be_made_and_statements_are_those_that_run(
    shop: Shop, within: Callable[[str], None], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    within("dev")
    monkeypatch.setattr("tributary.cli.render.get_sources", lambda: shop.sources)
    monkeypatch.setattr("tributary.cli.selecting.get_graph", lambda: shop.graph)
    monkeypatch.setattr("tributary.cli.plan.get_catalogue", lambda: catalogue_of(shop.sources, shop.settings.home))
    monkeypatch.setattr("tributary.assets.sources.get_sources", lambda: shop.sources)
    shop.write("core/real_sale", " and s.amount <> 5")
    asked = {"selections": ["core.real_sale", "gold"], "exclude": ["gold.best_shop"], "against": "HEAD"}

    def planned() -> list[str]:
        assert plan(output="json", **asked, partition=None, start=None, end=None, force=False, missing=False) == 0
        runs = json.loads(capsys.readouterr().out)["runs"]
        return [f"{one['key']} {one['why'][0]['why']}" for run in runs for one in run["assets"]]

    assert planned() == ["core.real_sale code", "gold.shop_total differs"]
    assert materialize(**asked, partition=None, start=None, end=None, force=False, missing=False) == 0
    capsys.readouterr()
    assert planned() == []
    with pytest.raises(SelectionError, match="None of the selected assets is partitioned"):
        plan(output="json", **asked, partition="2024-01-01", start=None, end=None, force=False, missing=False)
    assert render(["gold.shop_total", "gold.best_shop"], [], "HEAD", None) == 0
    told = capsys.readouterr().out
    assert 'FROM "dev__core".real_sale AS v' in told
    assert 'FROM "dev__gold".shop_total AS t' in told


def test_materialize_tells_what_is_wrong_and_fails(
    shop: Shop, within: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    def made(table: str) -> int:
        asked = {"selections": [table], "exclude": [], "against": "HEAD", "force": False, "missing": False}
        return materialize(**asked, partition=None, start=None, end=None)

    within("dev")
    shop.write("core/real_sale", " or true")
    shop.write("gold/shop_total", " having sqrt(cast(-count(*) as double precision)) > 1")
    assert made("gold.shop_total") == 1
    assert "square root of a negative number" in capsys.readouterr().out
    assert made("core.real_sale") == 0
    assert environments.materialize(["gold.best_shop"], [], "HEAD", UNPARTITIONED, force=False) == 0
    assert "nothing differs" in capsys.readouterr().out
    assert shop.rows("SELECT count(*) FROM core.real_sale", "dev") == [(4,)]


def test_other_commands_refuse_an_environment_and_these_want_one(cli: Cli, tmp_path: object) -> None:
    for words, code, sentence in (
        (("up", "--env", "dev"), 2, "knows production alone"),
        (("--env=dev", "keys", "list"), 2, "knows production alone"),
        (("diff",), 2, "Name an environment"),
        (("--env", "De v", "ls"), 1, "an environment's name has lower case letters"),
    ):
        done = cli(*words, home=tmp_path, check=False)
        assert (done.returncode, sentence in done.stderr) == (code, True), done.stderr
    done = cli("ls", "--env", "dev", home=tmp_path, check=False, warehouse="trino", postgres_port=18499)
    assert "environments are schemas in Postgres" in done.stderr
