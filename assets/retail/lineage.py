"""Where the columns of the recommendations come from."""

from __future__ import annotations

from tributary.assets.source import Lineage, SourceColumn

_PRODUCT = (SourceColumn("core.fact_sale", "product_id"),)
RECOMMENDATIONS_LINEAGE: Lineage = {
    "household_key": (SourceColumn("core.fact_sale", "household_key"),),
    "rank": _PRODUCT,
    "product_id": _PRODUCT,
    "score": (SourceColumn("core.fact_sale", "basket_id"), *_PRODUCT, SourceColumn("core.fact_sale", "sold_at")),
    "reason": _PRODUCT,
}
