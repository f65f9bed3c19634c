"""Value segments: what households of each value spent, over time, each picture a filter of all others."""

import streamlit as st

from tributary.sdk import linked, pages

SUMMARY = "gold.household_summary"

st.title("Retail: value segments")
pages.show(
    linked.Linked(
        title="Spend of households, day by day",
        table="gold.household_daily_spend",
        dimensions={
            "day": linked.Time("Day", "date"),
            "value": linked.Words("Value (5 is best)", SUMMARY, "household_key", "rfm_bin"),
            "kids": linked.Words("Kids", SUMMARY, "household_key", "has_kids"),
            "income": linked.Words("50,000 dollars or more", SUMMARY, "household_key", "income_50k_plus"),
            "household": linked.Category("Household", "household_key"),
            "basket": linked.Number("Spent in a day", "total_sales", 10),
        },
        measures={
            "dollars": linked.Measure("Dollars", "total_sales"),
            "days": linked.Measure("Shopping days"),
            "mean": linked.Measure("Dollars a shopping day", "total_sales", per=linked.ROWS),
            "grocery": linked.Measure("Grocery", "grocery"),
            "meat": linked.Measure("Meat", "meat"),
            "produce": linked.Measure("Produce", "produce"),
            "drug": linked.Measure("Drug", "drug"),
        },
        views=[
            linked.Bars("Sales over time, in dollars", "day", "dollars", wide=True),
            linked.Leaderboard("Value segments by sales", "value", "dollars"),
            linked.Leaderboard("Top households", "household", "dollars"),
            linked.Leaderboard("With kids, by sales", "kids", "dollars"),
            linked.Leaderboard("50,000 dollars or more, by sales", "income", "dollars"),
            linked.Matrix("Sales by value segment and month", "value", "dollars", wide=True, across="day", limit=36),
            linked.Bars("Shopping days by dollars spent", "basket", "days"),
            linked.Matrix("Dollars a shopping day, by value and kids", "value", "mean", across="kids"),
            linked.Groups("Value segments", "value", "dollars", wide=True),
        ],
    )
)
