"""Environments of a small shop: what is made in them, what production sees of it, and what it is after a promotion."""

from __future__ import annotations

import pytest
from tests.environments import shop as shops
from tests.environments.shop import SOME, Shop, sales

from tributary.assets.automation.partitions import Partitions
from tributary.environments.promoting import BehindError, publish
from tributary.freshness import Why

TOTALS = "SELECT shop, total FROM gold.shop_total ORDER BY shop"


def test_only_what_differs_is_made_and_production_is_as_it_was(shop: Shop) -> None:
    planned, done = shop.build("dev")
    assert (dict(planned.differs), done) == ({}, [])
    before = shop.everything()
    shop.write("core/real_sale", " and s.amount < 9")
    planned, done = shop.build("dev")
    assert planned.differs == {
        "core.real_sale": Why("code"),
        "gold.shop_total": Why("differs", "core.real_sale"),
        "gold.best_shop": Why("differs", "gold.shop_total"),
    }
    assert done == ["core.real_sale done", "gold.shop_total done", "gold.best_shop done"]
    assert shop.rows(TOTALS, "dev") == [("a", 12)]
    assert shop.rows(TOTALS) == [("a", 12), ("b", 9)]
    assert shop.everything() == before

    planned, done = shop.build("dev")
    assert (len(planned.differs), planned.todo, done) == (3, [], [])
    shop.write("core/real_sale")
    assert shop.build("dev")[0].gone == ["core.real_sale", "gold.best_shop", "gold.shop_total"]
    assert shop.rows(TOTALS, "dev") == [("a", 12), ("b", 9)]
    assert shop.everything() == before


def test_a_promotion_publishes_without_making_anything_again(shop: Shop) -> None:
    shop.write("core/real_sale", " and s.amount < 9", twice="integer s.amount * 2")
    shop.write("core/sale_month", " where s.amount > 0")
    assert "core.sale_month done" in shop.build("dev")[1]
    rows = shop.rows("SELECT id, twice FROM core.real_sale ORDER BY id", "dev")
    months = shop.rows("SELECT id FROM core.sale_month ORDER BY id", "dev")
    assert (rows, months) == ([(1, 10), (2, 14)], [(1,), (2,), (4,)])
    with_versions = "SELECT table_name, version FROM _published.tables WHERE table_name <> 'core.real_sale' ORDER BY 1"
    recorded = shop.promote("dev")
    assert sorted(recorded) == sorted(
        f"{key} done"
        for key in ("core.real_sale", "core.sale_month", "gold.best_shop", "gold.month_count", "gold.shop_total")
    )
    assert shop.rows("SELECT id, twice FROM core.real_sale ORDER BY id") == rows
    assert shop.rows("SELECT id FROM core.sale_month ORDER BY id") == months
    assert shop.rows("SELECT n FROM gold.month_count") == [(3,)]
    assert shop.rows(TOTALS) == [("a", 12)]
    assert shop.out_of_date() == []
    versions = shop.rows(with_versions)
    planned, _ = shop.build("dev")
    assert (dict(planned.differs), shop.rows(TOTALS, "dev")) == ({}, [("a", 12)])
    shop.make("staged.sales", "core.real_sale", "gold.shop_total", "gold.best_shop")
    assert shop.rows(with_versions) == versions, "production found the rows to be what it would make"
    # The view is one, of production's tables: what is loaded next shows in it.
    shops.ROWS[:] = [*SOME, *sales((5, "c", "2024-03-02", 2))]
    shop.make("staged.sales")
    assert shop.rows("SELECT id FROM core.real_sale ORDER BY id") == [(1,), (2,), (5,)]


def test_what_production_has_made_of_other_rows_is_made_again_before_it_is_promoted(shop: Shop) -> None:
    shop.write("core/real_sale", " and s.amount < 9")
    shop.build("dev")
    shops.ROWS[:] = [*SOME, *sales((5, "c", "2024-03-02", 2))]
    shop.make("staged.sales")
    before = shop.everything()
    with pytest.raises(BehindError, match=r"core\.real_sale was made from other rows of staged\.sales"):
        shop.promote("dev")
    assert shop.everything() == before
    planned, _ = shop.build("dev")
    assert list(planned.todo) == ["core.real_sale", "gold.shop_total", "gold.best_shop"]
    shop.write("gold/best_shop", " and t.total < 100")
    with pytest.raises(BehindError, match=r"gold\.best_shop was made by other code"):
        shop.promote("dev")
    assert shop.build("dev")[0].todo == ["gold.best_shop"]
    shop.promote("dev")
    assert shop.rows(TOTALS) == [("a", 12), ("c", 2)]
    assert shop.out_of_date() == []


def test_environments_stand_beside_one_another(shop: Shop) -> None:
    shop.write("gold/shop_total", " having sum(v.amount) < 10")
    shop.build("dev")
    shop.write("gold/shop_total", " having sum(v.amount) > 10")
    shop.build("pr_12", "gold.shop_total")
    assert shop.rows(TOTALS, "dev") == [("b", 9)]
    assert shop.rows(TOTALS, "pr_12") == [("a", 12)]
    assert shop.rows(TOTALS) == [("a", 12), ("b", 9)]
    # Of a selection only what is in it: the rest is production's.
    assert shop.rows("SELECT shop FROM gold.best_shop", "pr_12") == [("a",)]
    with shop.environment("pr_12") as state:
        assert list(state.made()) == ["gold.shop_total"]


def test_of_partitions_those_that_production_has_are_made_or_those_that_are_named(shop: Shop) -> None:
    shop.write("core/sale_month", " where s.amount <> 7")
    february = Partitions("2024-02-01")
    planned, done = shop.build("dev", "core.sale_month", partitions=february)
    assert (list(planned.todo), done) == (["core.sale_month"], ["core.sale_month done"])
    ids = "SELECT id FROM core.sale_month ORDER BY id"
    assert shop.rows(ids, "dev") == [(3,)]
    with pytest.raises(BehindError, match=r"lacks partitions that production has \(2024-01-01 to 2024-01-01\)"):
        shop.promote("dev")
    _, done = shop.build("dev")
    assert done == ["core.sale_month done", "core.sale_month done", "gold.month_count done"], "two months lacked"
    assert shop.rows(ids, "dev") == [(1,), (3,), (4,)]
    assert shop.build("dev")[1] == []
    shop.write("core/sale_month", " where s.amount <> 9")
    shop.build("dev")
    assert shop.rows(ids, "dev") == [(1,), (2,), (3,)], "months that other code made are gone"
    shop.promote("dev")
    assert shop.rows(ids) == [(1,), (2,), (3,)]


def test_what_was_never_made_and_is_read_comes_along(shop: Shop) -> None:
    new = shop.folder / "gold" / "first_sale.sql"
    text = (shop.folder / "gold" / "best_shop.sql").read_text()
    new.write_text(text.replace("gold.shop_total as t where t.total > 10", "core.first as t"))
    (shop.folder / "core" / "first.sql").write_text(
        text.replace(
            "t.shop from gold.shop_total as t where t.total > 10", "min(s.shop) as shop from staged.sales as s"
        )
    )
    before = shop.everything()
    planned, _ = shop.build("dev", "gold.first_sale")
    assert planned.differs == dict.fromkeys(("core.first", "gold.first_sale"), Why("never made"))
    assert shop.everything() == before
    shop.promote("dev")
    assert shop.rows("SELECT shop FROM gold.first_sale") == [("a",)]
    assert shop.out_of_date() == []


def test_python_loads_of_other_code_are_made_in_the_environment(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shops.ROWS[:] = [row | {"amount": 20} for row in SOME]
    monkeypatch.setattr(shops, "PARTS", shops.parts_of("2"))
    before = shop.everything()
    planned, _ = shop.build("dev", "staged.sales", "gold.shop_total")
    assert planned.differs == {"staged.sales": Why("code")}, "totals read the view, which is production's"
    assert shop.everything() == before
    shop.build("dev")
    assert shop.rows(TOTALS, "dev") == [("a", 40), ("b", 40)]
    assert shop.rows("SELECT DISTINCT amount FROM core.sale_month", "dev") == [(20,)]
    shop.promote("dev")
    assert shop.rows(TOTALS) == [("a", 40), ("b", 40)]
    assert shop.out_of_date() == []


def test_killed_before_dagster_is_told_it_is_told_when_promoted_again(shop: Shop) -> None:
    shop.write("core/real_sale", " and s.amount < 9")
    shop.write("core/sale_month", " where s.amount > 0")
    shop.build("dev")

    def killed(_: object) -> int:
        raise KeyboardInterrupt

    with shop.environment("dev") as state, pytest.raises(KeyboardInterrupt):
        publish(state, killed)
    assert shop.rows(TOTALS) == [("a", 12)]
    assert sorted(shop.out_of_date()) == ["core/real_sale", "gold/best_shop", "gold/shop_total"]
    recorded = shop.promote("dev")
    assert len(recorded) == 5
    assert shop.out_of_date() == []
    assert shop.promote("dev") == []
