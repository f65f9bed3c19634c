"""Sneakers: what the collection holds, costs and is worn for."""

import streamlit as st

from tributary.sdk import linked, pages

OWNED, SPENT = "gold.sneakers_owned_by_month", "gold.sneaker_spend_by_month"
COLOURS, SEASONS = "gold.sneaker_wears_by_color", "gold.sneaker_wears_by_season_material"

st.title("Sneakers")
pages.freshness(OWNED, SPENT, COLOURS, SEASONS)
left, right = st.columns(2)
with left:
    st.subheader("Pairs owned")
    st.line_chart(pages.rows(OWNED, order="month_start"), x="month_start", y="pairs_owned")
    st.subheader("Wears by month and colour")
    st.bar_chart(pages.rows(COLOURS, order="month_start"), x="month_start", y="wears", color="color")
with right:
    st.subheader("What it has cost, in all")
    st.line_chart(pages.rows(SPENT, order="month_start"), x="month_start", y="running_net", color="currency")
    st.subheader("Wears by season and material")
    st.bar_chart(pages.rows(SEASONS), x="season", y="wears", color="material")

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
        },
        measures={
            "pairs": linked.Measure("Pairs"),
            "cost": linked.Measure("Cost", "net_cost"),
            "wears": linked.Measure("Wears", "wears"),
        },
        views=[
            linked.Bars("Pairs by day of purchase", "bought", "pairs", wide=True),
            linked.Leaderboard("Brands", "brand", "pairs"),
            linked.Leaderboard("Colours", "color", "wears"),
            linked.Leaderboard("Materials", "material", "wears"),
            linked.Leaderboard("Owned", "owned", "pairs"),
            linked.Bars("Prices", "price", "pairs"),
            linked.Rows(
                "Pairs",
                {
                    "name": "Pair",
                    "brand": "Brand",
                    "purchased_on": "Bought",
                    "net_cost": "Cost",
                    "wears": "Wears",
                    "cost_per_wear": "Cost per wear",
                },
                "cost_per_wear",
            ),
        ],
    )
)
