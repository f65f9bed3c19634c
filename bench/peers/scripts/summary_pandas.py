"""`gold.household_summary` by pandas, as the tests' oracle makes it: `summary_pandas.py FOLDER SEED OUT [WHOLE]`.

Of the files and of the sales' columns it reads what the table needs; with WHOLE all that there is.
"""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import pandas as pd

oracle: Any = import_module("tests.retail.oracle")

SALES = ["household_key", "BASKET_ID", "DAY", "PRODUCT_ID", "QUANTITY", "SALES_VALUE"]


def lean(folder: str, seed: str) -> Any:
    """What the table needs of the files."""
    sales = pd.read_csv(Path(folder) / "transaction_data.csv", usecols=SALES)
    sales["CENTS"] = (sales["SALES_VALUE"] * 100).round().astype("int64")
    sections = pd.read_csv(seed, dtype=str)
    nothing = pd.DataFrame()
    return oracle.Source(
        sales=sales,
        products=pd.read_csv(Path(folder) / "product.csv", keep_default_na=False),
        households=pd.read_csv(Path(folder) / "hh_demographic.csv", dtype=str, keep_default_na=False),
        campaigns=nothing,
        targets=nothing,
        coupons=nothing,
        redemptions=nothing,
        sections=dict(zip(sections["COMMODITY_DESC"].str.strip(), sections["SECTION"].str.strip(), strict=True)),
    )


def main(folder: str, seed: str, out: str, whole: str = "") -> None:
    """Make the table, as CSV at `out`."""
    source = oracle.read_source(Path(folder)) if whole else lean(folder, seed)
    oracle.household_summary(source).to_csv(out, index=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
