"""One unreadable file of eight: what does not need it is made all the same, and what does is named."""

from __future__ import annotations

import gzip
from pathlib import Path

import dagster as dg

from tributary.assets.factory.dagster_events import asset_key
from tributary.assets.retail.files import COUPONS
from tributary.assets.retail.standin import make_retail_sample
from tributary.platform import load_platform
from tributary.resources.lake import open_lake
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

NEED_COUPONS = {
    "staged.retail_coupons",
    "core.bridge_coupon_product",
    "core.bridge_campaign_product",
    "core.fact_coupon_redemption",
    "gold.campaign_daily_sales",
    "gold.campaign_summary",
}


def test_household_values_need_no_coupons(tmp_path: Path, warehouse: PostgresWarehouse) -> None:
    folder = make_retail_sample(tmp_path / "files", 0.0005).folder
    coupons = folder / COUPONS.file
    coupons.write_bytes(gzip.compress(coupons.read_bytes()))
    assets = [
        asset
        for asset in load_platform().assets
        if {spec.group_name for spec in asset.specs} <= {"retail", "calendar"}
        and "requests" not in asset.required_resource_keys  # made for whoever asks a report
    ]
    result = dg.materialize(
        assets,
        instance=dg.DagsterInstance.ephemeral(),
        resources={
            "warehouse": warehouse,
            "lake": open_lake(str(tmp_path / "lake"), region="us-east-1", endpoint_url=None),
            "retail_folder": folder,
        },
        raise_on_error=False,
    )
    assert not result.success
    failed = {event.step_key or "": event for event in result.all_events if event.is_step_failure}
    assert set(failed) == {"staged__retail_coupons"}
    data = failed["staged__retail_coupons"].step_failure_data.user_failure_data
    assert data is not None
    assert (data.description or "").startswith("coupon.csv is compressed with gzip")
    made = {key for event in result.get_asset_materialization_events() if (key := event.asset_key) is not None}
    all_of_them = {spec.key for asset in assets for spec in asset.specs}
    assert all_of_them - made == {asset_key(name) for name in NEED_COUPONS}
    assert warehouse.rows("SELECT count(*) > 0 AS made FROM gold.household_summary") == [{"made": True}]


def test_household_values_need_only_sales_products_and_the_survey() -> None:
    specs = {spec.key: spec for asset in load_platform().assets for spec in asset.specs}
    reached, ahead = set(), {asset_key("gold.household_summary")}
    while ahead:
        key = ahead.pop()
        reached.add(key)
        ahead |= {dep.asset_key for dep in specs[key].deps} - reached
    assert {specs[key].metadata["file"] for key in reached if key.path[0] == "raw"} == {
        "transaction_data.csv",
        "product.csv",
        "hh_demographic.csv",
        "commodity_sections.csv",
    }
