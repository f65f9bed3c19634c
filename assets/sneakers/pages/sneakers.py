"""Sneakers: what the collection holds, costs and is worn for."""

import streamlit as st

from tributary.sdk import linked, pages

OWNED, SPENT = "gold.sneakers_owned_by_month", "gold.sneaker_spend_by_month"

st.title("Sneakers")
pages.freshness(OWNED, SPENT)
left, right = st.columns(2)
with left:
    owned = pages.rows(OWNED, order="month_start")
    pages.chart("Pairs owned", owned, "month_start", "pairs_owned", kind="line", labels=("month", "pairs"))
with right:
    spent = pages.rows(SPENT, order="month_start")
    labels = ("month", "in all, by currency")
    pages.chart("What it has cost", spent, "month_start", "running_net", kind="line", color="currency", labels=labels)
pages.show(
    linked.Linked(
        title="Pairs",
        table="gold.sneaker_timeline",
        dimensions={
            "bought": linked.Time("Bought", "purchased_on"),
            "brand": linked.Category("Brand", "brand"),
            "color": linked.Category("Colour", "color"),
            "material": linked.Category("Material", "material"),
            "price": linked.Number("Price", "purchase_price", 25),
            "owned": linked.Category("Owned", "is_owned"),
            "currency": linked.Category("Currency", "currency"),
        },
        measures={
            "pairs": linked.Measure("Pairs"),
            "cost": linked.Measure("Cost (of one currency)", "net_cost"),
            "wears": linked.Measure("Wears", "wears"),
            "per_wear": linked.Measure("Cost per wear (of one currency)", "net_cost", per="wears"),
        },
        views=[
            linked.Bars("Pairs by day of purchase", "bought", "pairs", wide=True),
            linked.Leaderboard("Brands", "brand", "pairs"),
            linked.Matrix("Cost per wear, by brand and currency", "brand", "per_wear", across="currency"),
            linked.Leaderboard("Colours by wears", "color", "wears"),
            linked.Leaderboard("Materials by wears", "material", "wears"),
            linked.Bars("Prices", "price", "pairs"),
            linked.Leaderboard("Still owned", "owned", "pairs"),
            linked.Leaderboard("Currencies", "currency", "pairs"),
            linked.Rows(
                "All pairs",
                {
                    "name": "Pair",
                    "brand": "Brand",
                    "purchased_on": "Bought",
                    "net_cost": "Cost",
                    "currency": "Currency",
                    "wears": "Wears",
                    "cost_per_wear": "Cost per wear",
                },
                "cost_per_wear",
            ),
        ],
    )
)
