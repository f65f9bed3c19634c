"""Value over time: how recently, how often and for how much households shopped, as it stood after each month."""

import streamlit as st

from tributary.sdk import linked, pages

st.title("Retail: value over time")
pages.show(
    linked.Linked(
        title="Households at the end of each month",
        table="gold.household_rfm_by_month",
        dimensions={
            "month": linked.Time("Month", "month_start"),
            "score": linked.Number("Score (3 to 15)", "rfm_score", 1),
            "recency": linked.Number("Recency (5 is best)", "r_score", 1),
            "frequency": linked.Number("Frequency (5 is best)", "f_score", 1),
            "money": linked.Number("Money (5 is best)", "m_score", 1),
            "household": linked.Category("Household", "household_key"),
        },
        measures={
            "households": linked.Measure("Households, month by month"),
            "mean": linked.Measure("Mean score", "rfm_score", per=linked.ROWS),
            "dollars": linked.Measure("Dollars of 12 months, mean", "total_sales", per=linked.ROWS),
        },
        views=[
            linked.Matrix("Households by score and month", "score", "households", wide=True, across="month"),
            linked.Bars("Mean score by month", "month", "mean"),
            linked.Bars("Recency", "recency", "households"),
            linked.Bars("Frequency", "frequency", "households"),
            linked.Bars("Money", "money", "households"),
            linked.Groups("Households", "household", "mean", wide=True),
        ],
    )
)
