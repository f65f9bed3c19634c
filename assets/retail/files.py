"""The retail source files: the Complete Journey's eight under their original names, and the section seed.

A file's contract, its raw asset and its staged table are all named here; how they are ingested and loaded is in
`ingest` and `assets`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tributary.assets.source import SQL
from tributary.resources.warehouse.checks import AcceptedValues, Check, Expression, Unique
from tributary.resources.warehouse.delimited.contract import DerivedColumn, FileColumn, FileContract, Rule
from tributary.resources.warehouse.table import Column, Table

SECTIONS = (
    "alcohol", "beverages", "concessions", "dairy", "drug", "garden", "grain_goods", "grocery", "home_family",
    "junk_food", "kitchen", "meat", "misc", "produce", "seasonal",
)  # fmt: skip

# DAY 1 is 2004-03-23; a week runs from Sunday, and WEEK_NO = (DAY + 8) / 7, so that week 1 begins on 2004-03-21.
_DAY_ZERO = date(2004, 3, 22)
_DAY_RULE = Rule("day_in_range", "day BETWEEN 1 AND 9999", "DAY is not between 1 and 9999")


@dataclass(frozen=True)
class SourceFile:
    """One source file: its name in the folder, the table it fills, and what it must look like."""

    file: str
    name: str
    description: str
    grain: str
    contract: FileContract
    checks: tuple[Check, ...] = ()

    @property
    def raw_key(self) -> str:
        """The raw asset, as `schema.table`."""
        return f"raw.csv_{self.name}"

    @property
    def table(self) -> Table:
        """The staged table."""
        return Table(
            schema="staged",
            name=self.name,
            description=self.description,
            grain=self.grain,
            columns=tuple(Column(*column) for column in self.contract.table_columns()),
            file=self.contract,
            checks=self.checks,
        )


def _day(name: str, source: str, description: str) -> FileColumn:
    return FileColumn(source, name, "integer", f"{description} as a day number; day 1 is 2004-03-23.")


def _date_of(name: str, day: str, description: str) -> DerivedColumn:
    return DerivedColumn(name, "date", description, day, days_since=_DAY_ZERO)


_HOUSEHOLD = FileColumn("household_key", "household_key", "integer", "Household (loyalty card) number.")
_PRODUCT = FileColumn("PRODUCT_ID", "product_id", "integer", "Product number.")
_STORE = FileColumn("STORE_ID", "store_id", "integer", "Store number.")
_CAMPAIGN = FileColumn("CAMPAIGN", "campaign", "integer", "Campaign number.")
_COUPON = FileColumn("COUPON_UPC", "coupon_upc", "bigint", "Coupon's bar code.")
_WEEK = FileColumn("WEEK_NO", "week_no", "integer", "Week number; week 1 begins on Sunday 2004-03-21.")


def _money(source: str, description: str) -> FileColumn:
    return FileColumn(source, source.lower(), "decimal(12,2)", f"{description}, in US dollars.")


def _text(source: str, description: str, name: str | None = None) -> FileColumn:
    return FileColumn(source, name or source.lower(), "text", description, required=False)


TRANSACTIONS = SourceFile(
    file="transaction_data.csv",
    name="retail_transactions",
    description="Every line of every basket that a household with a loyalty card bought.",
    grain="one row a sales line",
    contract=FileContract(
        columns=(
            _HOUSEHOLD,
            FileColumn("BASKET_ID", "basket_id", "bigint", "Basket (receipt) number."),
            _day("day", "DAY", "Day of the sale"),
            _PRODUCT,
            FileColumn("QUANTITY", "quantity", "integer", "Units sold; for fuel, thousandths of a gallon."),
            _money("SALES_VALUE", "What the retailer receives for the line"),
            _STORE,
            _money("RETAIL_DISC", "Loyalty card discount (zero or negative)"),
            FileColumn("TRANS_TIME", "trans_time", "integer", "Time of the sale as HHMM."),
            _WEEK,
            _money("COUPON_DISC", "Discount by a manufacturer's coupon (zero or negative)"),
            _money("COUPON_MATCH_DISC", "The retailer's match of that coupon (zero or negative)"),
        ),
        derived=(
            DerivedColumn(
                "sold_at",
                "timestamp",
                "When the line was sold, in the store's local time.",
                f"timestamp '{_DAY_ZERO} 00:00:00' "
                "+ (day * 1440 + cast(trans_time as bigint) / 100 * 60 + trans_time % 100) * interval '1' minute",
            ),
        ),
        rules=(
            _DAY_RULE,
            Rule(
                "time_is_hhmm",
                "trans_time BETWEEN 0 AND 2359 AND trans_time % 100 < 60",
                "TRANS_TIME is not a time as HHMM",
            ),
        ),
    ),
    checks=(
        Expression("week_no = cast(day + 8 as bigint) / 7", title="week_follows_from_day", severity="warn"),
        Expression("retail_disc <= 0 and coupon_disc <= 0 and coupon_match_disc <= 0", title="discounts_reduce"),
        Expression("quantity >= 0 and sales_value >= 0", title="amounts_are_not_negative", severity="warn"),
    ),
)
PRODUCTS = SourceFile(
    file="product.csv",
    name="retail_products",
    description="The products as the retailer lists them, with their place in its commodity tree.",
    grain="one row a product",
    contract=FileContract(
        columns=(
            _PRODUCT,
            FileColumn("MANUFACTURER", "manufacturer", "integer", "Manufacturer's number."),
            _text("DEPARTMENT", "Department: the top of the commodity tree."),
            _text("BRAND", "National or Private (the retailer's own)."),
            _text("COMMODITY_DESC", "Commodity: the middle of the tree."),
            _text("SUB_COMMODITY_DESC", "Sub-commodity: the bottom of the tree."),
            _text("CURR_SIZE_OF_PRODUCT", "Package size as printed; blank where unknown."),
        ),
        key=("product_id",),
    ),
    checks=(Unique(("product_id",)),),
)
HOUSEHOLDS = SourceFile(
    file="hh_demographic.csv",
    name="retail_households",
    description="Demographics of the households that gave them.",
    grain="one row a household",
    contract=FileContract(
        columns=(
            _text("AGE_DESC", "Estimated age range."),
            _text("MARITAL_STATUS_CODE", "A married, B single, U unknown."),
            _text("INCOME_DESC", "Income range of the household."),
            _text("HOMEOWNER_DESC", "Homeowner, renter, and so on."),
            _text("HH_COMP_DESC", "Composition of the household."),
            _text("HOUSEHOLD_SIZE_DESC", "Persons in the household, 1 to 5+."),
            _text("KID_CATEGORY_DESC", "Number of children, 1 to 3+."),
            _HOUSEHOLD,
        ),
        key=("household_key",),
    ),
    checks=(Unique(("household_key",)),),
)
CAMPAIGNS = SourceFile(
    file="campaign_desc.csv",
    name="retail_campaigns",
    description="Marketing campaigns, with their first and last day.",
    grain="one row a campaign",
    contract=FileContract(
        columns=(
            _text("DESCRIPTION", "Type of the campaign: TypeA, TypeB or TypeC.", "campaign_type"),
            _CAMPAIGN,
            _day("start_day", "START_DAY", "First day of the campaign"),
            _day("end_day", "END_DAY", "Last day of the campaign"),
        ),
        derived=(
            _date_of("start_date", "start_day", "First day of the campaign."),
            _date_of("end_date", "end_day", "Last day of the campaign."),
        ),
        rules=(
            Rule("start_in_range", "start_day BETWEEN 1 AND 9999", "START_DAY is not between 1 and 9999"),
            Rule("end_after_start", "end_day BETWEEN start_day AND 9999", "END_DAY lies before START_DAY"),
        ),
        key=("campaign",),
    ),
    checks=(
        Unique(("campaign",)),
        AcceptedValues("campaign_type", ("TypeA", "TypeB", "TypeC"), severity="warn"),
    ),
)
CAMPAIGN_HOUSEHOLDS = SourceFile(
    file="campaign_table.csv",
    name="retail_campaign_households",
    description="Which household received which campaign.",
    grain="one row a campaign and household",
    contract=FileContract(
        columns=(
            _text("DESCRIPTION", "Type of the campaign: TypeA, TypeB or TypeC.", "campaign_type"),
            _HOUSEHOLD,
            _CAMPAIGN,
        ),
        key=("household_key", "campaign"),
    ),
    checks=(Unique(("household_key", "campaign")),),
)
COUPONS = SourceFile(
    file="coupon.csv",
    name="retail_coupons",
    description="Which products each coupon of a campaign covers.",
    grain="one row a coupon, product and campaign",
    contract=FileContract(columns=(_COUPON, _PRODUCT, _CAMPAIGN), key=("coupon_upc", "product_id", "campaign")),
    checks=(Unique(("coupon_upc", "product_id", "campaign")),),
)
REDEMPTIONS = SourceFile(
    file="coupon_redempt.csv",
    name="retail_coupon_redemptions",
    description="Coupons that households redeemed.",
    grain="one row a redemption",
    contract=FileContract(
        columns=(_HOUSEHOLD, _day("day", "DAY", "Day of the redemption"), _COUPON, _CAMPAIGN),
        derived=(_date_of("redeemed_on", "day", "Day of the redemption."),),
        rules=(_DAY_RULE,),
        key=("household_key", "day", "coupon_upc", "campaign"),
    ),
    checks=(Unique(("household_key", "day", "coupon_upc", "campaign")),),
)
PROMOTIONS = SourceFile(
    file="causal_data.csv",
    name="retail_promotions",
    description="Which product was on display or in the weekly mailer, in which store and week.",
    grain="one row a product, store and week",
    contract=FileContract(
        columns=(
            _PRODUCT,
            _STORE,
            _WEEK,
            FileColumn("display", "display", "text", "Code of the display's place in the store; 0 is none."),
            FileColumn("mailer", "mailer", "text", "Code of the place in the mailer; 0 is none."),
        ),
        derived=(
            DerivedColumn(
                "week_start", "date", "Sunday on which the week begins.", "7 * week_no - 8", days_since=_DAY_ZERO
            ),
        ),
        rules=(Rule("week_in_range", "week_no BETWEEN 1 AND 9999", "WEEK_NO is not between 1 and 9999"),),
    ),
)
COMMODITY_SECTIONS = SourceFile(
    file="commodity_sections.csv",
    name="retail_commodity_sections",
    description="The section of the store that each commodity belongs to; a file to be edited by hand.",
    grain="one row a commodity",
    contract=FileContract(
        columns=(
            FileColumn("COMMODITY_DESC", "commodity_desc", "text", "Commodity, as the product file writes it."),
            FileColumn("SECTION", "section", "text", "Section of the store."),
        ),
        rules=(
            Rule(
                "section_is_known",
                f"section IN ({', '.join(repr(section) for section in SECTIONS)})",
                f"SECTION is none of {', '.join(SECTIONS)}",
            ),
        ),
        key=("commodity_desc",),
    ),
    checks=(Unique(("commodity_desc",)), AcceptedValues("section", SECTIONS)),
)

JOURNEY_FILES = (
    TRANSACTIONS,
    PRODUCTS,
    HOUSEHOLDS,
    CAMPAIGNS,
    CAMPAIGN_HOUSEHOLDS,
    COUPONS,
    REDEMPTIONS,
    PROMOTIONS,
)
ALL_FILES = (*JOURNEY_FILES, COMMODITY_SECTIONS)

OWN_FILES = SQL / "retail"
"""The folder of the one file that is Tributary's own."""


def path_of(source: SourceFile, folder: Path) -> Path:
    """Where the file stands: the one that is Tributary's own there, all others in the user's folder."""
    return (OWN_FILES if source is COMMODITY_SECTIONS else folder) / source.file
