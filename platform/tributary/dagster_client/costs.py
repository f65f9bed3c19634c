"""What making assets took on an engine that counts it, by asset, since a moment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tributary.dagster_client.asking import Asking
from tributary.resources.warehouse.base import Spending
from tributary.resources.warehouse.spending import read

_QUERY = """
query Spending($after: String!) {
  assetsOrError {
    __typename
    ... on AssetConnection {
      nodes {
        key { path }
        assetMaterializations(afterTimestampMillis: $after) {
          metadataEntries {
            label
            ... on IntMetadataEntry { intRepr }
            ... on FloatMetadataEntry { floatValue }
          }
        }
      }
    }
  }
}
"""


def spending_since(dagster: Asking, since: datetime) -> dict[str, Spending]:
    """What statements took, by the assets, `layer.name`, that were made since; empty on an engine that counts nothing.

    Raises:
        DagsterAway, DagsterRefused: it does not tell.
    """
    after = str(int(since.timestamp() * 1000))
    found = dagster.ask(_QUERY, {"after": after}, {"assetsOrError": {"AssetConnection"}})["assetsOrError"]["nodes"]
    sums: dict[str, Spending] = {}
    for asset in found:
        key = ".".join(asset["key"]["path"])
        for one in asset["assetMaterializations"]:
            spent = read(_numbers(one["metadataEntries"]))
            if spent is not None:
                sums[key] = sums[key] + spent if key in sums else spent
    return sums


def _numbers(entries: list[Mapping[str, Any]]) -> dict[str, float]:
    """The numbers by label; whole ones come as text, since they may be larger than GraphQL's."""
    found = {}
    for entry in entries:
        number = entry.get("intRepr", entry.get("floatValue"))
        if number is not None:
            found[entry["label"]] = float(number)
    return found
