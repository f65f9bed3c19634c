"""The retail sample: complete, repeatable, shaped like the source, and rich enough for every summary made from it."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tributary.assets.retail.standin import FILES, SampleError, SampleReport, make_retail_sample, sample_is_current
from tributary.assets.retail.standin.draws import GroupedChoice, shares
from tributary.assets.retail.standin.sizes import Sizes
from tributary.assets.retail.standin.vocabulary import FUEL_KIND

ROOT = Path(__file__).resolve().parents[2]
REAL = ROOT.parent / "shared" / "data" / "complete_journey"
SEED_FILE = ROOT / "sql" / "retail" / "commodity_sections.csv"
SECTIONS = {
    "alcohol", "beverages", "concessions", "dairy", "drug", "garden", "grain_goods", "grocery", "home_family",
    "junk_food", "kitchen", "meat", "misc", "produce", "seasonal",
}  # fmt: skip
HEADERS = {
    "product.csv": "PRODUCT_ID,MANUFACTURER,DEPARTMENT,BRAND,COMMODITY_DESC,SUB_COMMODITY_DESC,CURR_SIZE_OF_PRODUCT",
    "hh_demographic.csv": "AGE_DESC,MARITAL_STATUS_CODE,INCOME_DESC,HOMEOWNER_DESC,HH_COMP_DESC,HOUSEHOLD_SIZE_DESC,"
    "KID_CATEGORY_DESC,household_key",
    "campaign_desc.csv": "DESCRIPTION,CAMPAIGN,START_DAY,END_DAY",
    "campaign_table.csv": "DESCRIPTION,household_key,CAMPAIGN",
    "coupon.csv": "COUPON_UPC,PRODUCT_ID,CAMPAIGN",
    "coupon_redempt.csv": "household_key,DAY,COUPON_UPC,CAMPAIGN",
    "transaction_data.csv": "household_key,BASKET_ID,DAY,PRODUCT_ID,QUANTITY,SALES_VALUE,STORE_ID,RETAIL_DISC,"
    "TRANS_TIME,WEEK_NO,COUPON_DISC,COUPON_MATCH_DISC",
    "causal_data.csv": "PRODUCT_ID,STORE_ID,WEEK_NO,display,mailer",
}
SMALL, TINY, SEED = 0.02, 0.0005, 7


class Killed(Exception):
    """Stands for whatever ends a maker half-way."""


class Sample:
    """A made set, with each file read once, as the source's readers would."""

    def __init__(self, report: SampleReport) -> None:
        self.report = report
        self._frames: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._frames:
            self._frames[name] = pd.read_csv(
                self.report.folder / f"{name}.csv",
                keep_default_na=False,
                dtype={"display": "category", "mailer": "category"},
            )
        return self._frames[name]

    @property
    def listed_sales(self) -> pd.DataFrame:
        return self["transaction_data"].merge(self["product"], on="PRODUCT_ID")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return Sample(make_retail_sample(tmp_path_factory.mktemp("sample"), SMALL))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_retail_sample(tmp_path_factory.mktemp("tiny"), TINY, SEED).folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def stop_at(file: str) -> Callable[[str, float], None]:
    def progress(name: str, _fraction: float) -> None:
        if name == file:
            raise Killed

    return progress


# --- repeatable, whole or not at all ------------------------------------------------------------------------------


def test_same_scale_and_seed_give_the_same_bytes(tiny: Path, tmp_path: Path) -> None:
    make_retail_sample(tmp_path / "again", TINY, SEED)
    assert contents(tmp_path / "again") == contents(tiny)


def test_another_seed_gives_other_sales(tiny: Path, tmp_path: Path) -> None:
    make_retail_sample(tmp_path, TINY, SEED + 1)
    assert (tmp_path / "transaction_data.csv").read_bytes() != (tiny / "transaction_data.csv").read_bytes()


def test_a_current_set_is_not_touched(tiny: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in tiny.iterdir()}
    report = make_retail_sample(tiny, TINY, SEED, progress=stop_at("product.csv"))
    assert not report.made
    assert {path.name: path.stat().st_mtime_ns for path in tiny.iterdir()} == before


def test_a_set_is_current_only_for_its_own_scale_and_seed(tiny: Path) -> None:
    assert sample_is_current(tiny, TINY, SEED)
    assert not sample_is_current(tiny, TINY * 2, SEED)
    assert not sample_is_current(tiny, TINY, SEED + 1)
    assert not sample_is_current(tiny / "nowhere", TINY, SEED)


@pytest.mark.parametrize("file", FILES)
def test_a_set_interrupted_at_any_file_is_made_again(file: str, tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(Killed):
        make_retail_sample(tmp_path, TINY, SEED, progress=stop_at(file))
    assert not sample_is_current(tmp_path, TINY, SEED)
    assert make_retail_sample(tmp_path, TINY, SEED).made
    assert contents(tmp_path) == contents(tiny)


def test_a_killed_process_leaves_no_file_that_looks_whole(tiny: Path, tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from tributary.assets.retail.standin import make_retail_sample\n"
        "def die(name, part):\n    if name == 'causal_data.csv' and part > 0: os._exit(9)\n"
        f"make_retail_sample(Path(sys.argv[1]), {TINY}, {SEED}, die)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=False)
    assert done.returncode == 9
    assert not (tmp_path / "causal_data.csv").exists()
    assert not sample_is_current(tmp_path, TINY, SEED)
    make_retail_sample(tmp_path, TINY, SEED)
    assert contents(tmp_path) == contents(tiny)


def test_a_remake_that_fails_takes_the_old_marker_with_it(tmp_path: Path) -> None:
    make_retail_sample(tmp_path, TINY, SEED)
    with pytest.raises(Killed):
        make_retail_sample(tmp_path, TINY, SEED + 1, progress=stop_at("coupon.csv"))
    assert not sample_is_current(tmp_path, TINY, SEED)


def test_a_truncated_file_or_a_spoilt_marker_is_noticed(tmp_path: Path) -> None:
    make_retail_sample(tmp_path, TINY, SEED)
    os.truncate(tmp_path / "coupon.csv", 100)
    assert not sample_is_current(tmp_path, TINY, SEED)
    make_retail_sample(tmp_path, TINY, SEED)
    assert sample_is_current(tmp_path, TINY, SEED)
    (tmp_path / "sample.json").write_text("[1")
    assert not sample_is_current(tmp_path, TINY, SEED)


def test_progress_runs_to_one_for_every_file(tmp_path: Path) -> None:
    seen: dict[str, list[float]] = {}
    make_retail_sample(tmp_path, TINY, SEED, progress=lambda name, part: seen.setdefault(name, []).append(part))
    assert list(seen) == list(FILES)
    assert all(parts == sorted(parts) and parts[0] == 0 and parts[-1] == 1 for parts in seen.values())


@pytest.mark.parametrize("scale", [0.0, -1.0, 1.01, float("nan")])
def test_an_impossible_scale_is_refused(scale: float, tmp_path: Path) -> None:
    with pytest.raises(SampleError, match="scale"):
        make_retail_sample(tmp_path, scale)


def test_a_folder_that_cannot_be_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SampleError, match="cannot be written"):
        make_retail_sample(tmp_path / "file", TINY)
    with pytest.raises(SampleError, match="seed"):
        make_retail_sample(tmp_path, TINY, -1)


def test_importing_the_package_brings_no_numpy() -> None:
    code = "import sys, tributary.assets.retail.standin; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


# --- the shape of the source --------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", FILES)
def test_headers_and_row_counts(file: str, sample: Sample) -> None:
    with (sample.report.folder / file).open() as opened:
        assert opened.readline() == HEADERS[file] + "\n"
        assert sum(1 for _ in opened) == sample.report.rows[file]


@pytest.mark.parametrize("file", FILES)
def test_headers_are_those_of_the_real_files(file: str) -> None:
    if not REAL.is_dir():
        pytest.skip("the real Complete Journey sample is not on this machine")
    with (REAL / file).open() as opened:
        assert opened.readline() == HEADERS[file] + "\n"


def test_every_row_has_the_columns_of_its_header(tiny: Path) -> None:
    for file in FILES:
        with (tiny / file).open(newline="") as opened:
            assert {len(row) for row in csv.reader(opened)} == {HEADERS[file].count(",") + 1}


def test_sizes_at_a_small_scale(sample: Sample) -> None:
    rows = sample.report.rows
    assert rows["transaction_data.csv"] == pytest.approx(51_915, rel=0.02)
    assert rows["causal_data.csv"] == pytest.approx(735_730, rel=0.05)
    assert rows["product.csv"] >= 2_000
    assert rows["campaign_desc.csv"] >= 5
    households = sample["transaction_data"].household_key.nunique()
    assert households >= 250
    assert rows["hh_demographic.csv"] / households >= 0.35


def test_days_weeks_and_baskets(sample: Sample) -> None:
    sales = sample["transaction_data"]
    assert sales.DAY.between(1, 711).all()
    assert (sales.WEEK_NO == (sales.DAY + 8) // 7).all()
    assert (sales.TRANS_TIME % 100 < 60).all()
    assert sales.TRANS_TIME.between(0, 2359).all()
    of_basket = sales.groupby("BASKET_ID")[["household_key", "DAY", "STORE_ID", "TRANS_TIME"]].nunique()
    assert (of_basket == 1).all(axis=None)
    assert not sales.duplicated(["BASKET_ID", "PRODUCT_ID"]).any()
    in_time = sales.sort_values("BASKET_ID")
    assert (in_time.DAY * 10_000 + in_time.TRANS_TIME).is_monotonic_increasing


def test_amounts(sample: Sample) -> None:
    sales = sample["transaction_data"]
    for name in ("RETAIL_DISC", "COUPON_DISC", "COUPON_MATCH_DISC"):
        assert (sales[name] <= 0).all()
        assert 0 < (sales[name] < 0).mean() < 0.6
    assert (sales.SALES_VALUE >= 0).all()
    texts = pd.read_csv(sample.report.folder / "transaction_data.csv", dtype=str).SALES_VALUE
    noisy = texts.str.contains("e")
    assert noisy.any()
    assert (sales.QUANTITY[noisy] == 0).all()
    assert texts[~noisy].str.fullmatch(r"\d+\.\d{1,2}").all()
    assert 0 < (sales.QUANTITY == 0).mean() < 0.02
    assert 0 < ((sales.SALES_VALUE == 0) & (sales.QUANTITY > 0)).mean() < 0.02


def test_a_few_sales_are_of_unlisted_products(sample: Sample) -> None:
    unlisted = ~sample["transaction_data"].PRODUCT_ID.isin(sample["product"].PRODUCT_ID)
    assert 0 < unlisted.mean() < 0.005


def test_fuel_is_sold_by_the_thousandth(sample: Sample) -> None:
    sold = sample.listed_sales
    fuel = sold[(sold.SUB_COMMODITY_DESC == FUEL_KIND) & (sold.QUANTITY > 0)]
    assert set(fuel.COMMODITY_DESC) == {"COUPON/MISC ITEMS", "FUEL"}
    assert (fuel.QUANTITY >= 1_000).all()
    assert (fuel.SALES_VALUE / fuel.QUANTITY * 1_000).between(1, 4).mean() > 0.98


def test_demographics_use_the_source_codes(sample: Sample) -> None:
    if not REAL.is_dir():
        pytest.skip("the real Complete Journey sample is not on this machine")
    real = pd.read_csv(REAL / "hh_demographic.csv", keep_default_na=False, dtype=str)
    made = sample["hh_demographic"].astype(str)
    assert made.household_key.is_unique
    for column in real.columns.drop("household_key"):
        assert set(made[column]) <= set(real[column])


def test_product_ids_are_unique_and_brands_known(sample: Sample) -> None:
    assert sample["product"].PRODUCT_ID.is_unique
    assert set(sample["product"].BRAND) == {"National", "Private"}


def test_promotions(sample: Sample) -> None:
    causal = sample["causal_data"]
    assert not causal.duplicated(["PRODUCT_ID", "STORE_ID", "WEEK_NO"]).any()
    assert causal.PRODUCT_ID.isin(sample["product"].PRODUCT_ID).all()
    assert set(causal.display) == set("012345679A")
    assert set(causal.mailer) <= set("0ACDFHJLPXZ")
    assert not ((causal.display == "0") & (causal.mailer == "0")).any()
    assert causal.WEEK_NO.between(1, 102).all()


def test_campaigns_coupons_and_redemptions_hang_together(sample: Sample) -> None:
    described, targets, coupons = sample["campaign_desc"], sample["campaign_table"], sample["coupon"]
    assert set(described.DESCRIPTION) == {"TypeA", "TypeB", "TypeC"}
    assert (described.START_DAY < described.END_DAY).all()
    assert not targets.duplicated().any()
    assert len(targets.merge(described, on=["DESCRIPTION", "CAMPAIGN"])) == len(targets)
    assert coupons.duplicated().any()
    assert coupons.PRODUCT_ID.isin(sample["product"].PRODUCT_ID).all()
    assert coupons.COUPON_UPC.astype(str).str.len().eq(11).all()

    redeemed = sample["coupon_redempt"]
    assert not redeemed.duplicated().any()
    keys = ["household_key", "DAY", "COUPON_UPC", "CAMPAIGN"]
    bought = (
        redeemed.merge(targets, on=["household_key", "CAMPAIGN"])
        .merge(described, on="CAMPAIGN")
        .query("START_DAY <= DAY <= END_DAY")
        .merge(coupons.drop_duplicates(), on=["COUPON_UPC", "CAMPAIGN"])
        .merge(sample["transaction_data"], on=["household_key", "DAY", "PRODUCT_ID"])
    )
    assert len(bought[keys].drop_duplicates()) == len(redeemed)


# --- sections -----------------------------------------------------------------------------------------------------


def test_the_seed_maps_commodities_to_all_sections(sample: Sample) -> None:
    seed = pd.read_csv(SEED_FILE)
    assert list(seed.columns) == ["COMMODITY_DESC", "SECTION"]
    assert seed.COMMODITY_DESC.is_unique
    assert set(seed.SECTION) == SECTIONS
    assert set(sample["product"].COMMODITY_DESC) == set(seed.COMMODITY_DESC)


def test_the_seed_maps_every_real_commodity() -> None:
    if not REAL.is_dir():
        pytest.skip("the real Complete Journey sample is not on this machine")
    real = pd.read_csv(REAL / "product.csv", usecols=["COMMODITY_DESC"])
    assert set(real.COMMODITY_DESC) == set(pd.read_csv(SEED_FILE).COMMODITY_DESC)


def test_every_section_sells(sample: Sample) -> None:
    sold = sample.listed_sales.merge(pd.read_csv(SEED_FILE), on="COMMODITY_DESC")
    assert set(sold.SECTION) == SECTIONS


# --- realism ------------------------------------------------------------------------------------------------------


def test_every_recency_bucket_is_filled(sample: Sample) -> None:
    last = sample["transaction_data"].groupby("household_key").DAY.max()
    assert (np.histogram(last, [0, 526, 616, 676, 701, 712])[0] >= 10).all()


def test_bigger_and_richer_households_spend_more(sample: Sample) -> None:
    spent = sample["transaction_data"].groupby("household_key").SALES_VALUE.sum()
    known = sample["hh_demographic"].set_index("household_key").join(spent)
    alone = known.HOUSEHOLD_SIZE_DESC == "1"
    assert known.SALES_VALUE[~alone].mean() > 1.15 * known.SALES_VALUE[alone].mean()
    poor = known.INCOME_DESC.isin(["Under 15K", "15-24K", "25-34K"])
    rich = known.INCOME_DESC.isin(["75-99K", "100-124K", "125-149K", "150-174K", "175-199K", "200-249K", "250K+"])
    assert known.SALES_VALUE[rich].mean() > known.SALES_VALUE[poor].mean()


def test_seasonal_goods_sell_in_season(sample: Sample) -> None:
    sold = sample.listed_sales
    date = pd.Timestamp("2004-03-22") + pd.to_timedelta(sold.DAY, unit="D")
    assert date[sold.COMMODITY_DESC == "CHRISTMAS  SEASONAL"].dt.month.isin([10, 11, 12, 1]).mean() > 0.9
    assert date[sold.COMMODITY_DESC == "HALLOWEEN"].dt.month.isin([9, 10, 11]).mean() > 0.9


def test_pasta_brings_sauce(sample: Sample) -> None:
    sold = sample.listed_sales
    baskets = {name: set(sold.BASKET_ID[name == sold.COMMODITY_DESC]) for name in ("DRY NOODLES/PASTA", "PASTA SAUCE")}
    pasta, sauce = baskets.values()
    assert len(pasta & sauce) / len(pasta) > 2 * len(sauce) / sold.BASKET_ID.nunique()


def test_baskets_teach_a_recommender_more_than_popularity(sample: Sample) -> None:
    sold = sample.listed_sales[sample.listed_sales.SUB_COMMODITY_DESC != FUEL_KIND]
    final = sold.BASKET_ID.isin(sold.groupby("household_key").BASKET_ID.max())
    item, items = pd.factorize(sold.PRODUCT_ID)
    basket, baskets = pd.factorize(sold.BASKET_ID)
    held_out = final.to_numpy()
    incidence = np.zeros((len(baskets), len(items)), dtype=np.float32)
    incidence[basket[~held_out], item[~held_out]] = 1
    together = incidence.T @ incidence
    norm = np.sqrt(np.maximum(np.diag(together), 1))
    similar = together / norm / norm[:, None]
    popular = set(np.argsort(-np.diag(together))[:10].tolist())
    hits = {"similar": 0, "popular": 0}
    by_household = pd.DataFrame({"household": sold.household_key.to_numpy(), "item": item, "test": held_out})
    for _, rows in by_household.groupby("household"):
        wanted = set(rows.item[rows.test])
        owned = rows.item[~rows.test].to_numpy()
        hits["similar"] += bool(wanted & set(np.argsort(-similar[owned].sum(axis=0))[:10].tolist()))
        hits["popular"] += bool(wanted & popular)
    assert hits["similar"] > 1.5 * hits["popular"]


# --- the parts ----------------------------------------------------------------------------------------------------


@given(st.floats(min_value=1e-6, max_value=1.0))
@settings(deadline=None)
def test_sizes_stay_sensible_at_any_scale(scale: float) -> None:
    sizes, full = Sizes.of_scale(scale), Sizes.of_scale(1.0)
    assert 250 <= sizes.households <= full.households == 2500
    assert 2_000 <= sizes.products <= full.products == 92_353
    assert sizes.baskets >= 4 * sizes.households
    assert sizes.sales > 8 * sizes.baskets
    assert sizes.demographics / sizes.households >= 0.32
    assert sizes.promotion_stores <= sizes.stores


@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=40), st.integers(0, 3), st.integers(0, 10_000))
@settings(deadline=None)
def test_shares_add_up(weights: list[float], least: int, spare: int) -> None:
    total = least * len(weights) + spare
    parts = shares(total, np.array(weights), least)
    assert parts.sum() == total
    assert parts.min() >= least


@given(st.lists(st.lists(st.floats(0.001, 1e3), min_size=1, max_size=6), min_size=1, max_size=6), st.integers(0, 2**32))
@settings(deadline=None)
def test_a_draw_stays_in_its_group(groups: list[list[float]], seed: int) -> None:
    owner = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    choice = GroupedChoice.of(owner, np.array([weight for group in groups for weight in group]), len(groups))
    rng = np.random.default_rng(seed)
    asked = rng.integers(0, len(groups), 200)
    assert (owner[choice.draw(asked, rng.random(200))] == asked).all()


def test_draws_follow_their_weights() -> None:
    choice = GroupedChoice.of(np.array([0, 0, 1]), np.array([1.0, 3.0, 5.0]), 2)
    drawn = choice.draw(np.zeros(40_000, dtype=np.int64), np.random.default_rng(0).random(40_000))
    assert (drawn == 1).mean() == pytest.approx(0.75, abs=0.01)
