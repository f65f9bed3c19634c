"""Pledges: what branches took over time, by branch and kind of ornament, in lines of bills, weight and value."""

import streamlit as st

from tributary.sdk import linked, pages

st.title("Pledges")
pages.show(
    linked.Linked(
        title="Ornaments taken in pledge",
        table="gold.pledge_months",
        dimensions={
            "month": linked.Time("Month", "month_start"),
            "branch": linked.Category("Branch", "branch_code"),
            "code": linked.Category("Ornament code", "ornament_code"),
            "type": linked.Words("Ornament", "core.dim_ornament_type", "ornament_code", "ornament_type"),
        },
        measures={
            "lines": linked.Measure("Lines of bills", "lines"),
            "items": linked.Measure("Ornaments", "item_count"),
            "gross": linked.Measure("Gross weight, g", "gross_weight_g"),
            "fine": linked.Measure("Pure gold, g", "fine_weight_g"),
            "value": linked.Measure("Appraised value, rupees", "appraised_value"),
            "per_gram": linked.Measure("Rupees per g of gold", "appraised_value", per="fine_weight_g"),
        },
        views=[
            linked.Bars("Lines of bills over time", "month", "lines", wide=True),
            linked.Leaderboard("Branches by value", "branch", "value"),
            linked.Leaderboard("Ornaments by value", "type", "value"),
            linked.Bars("Appraised value over time, in rupees", "month", "value"),
            linked.Bars("Gross weight over time, in g", "month", "gross"),
            linked.Matrix("Value by ornament code and branch, in rupees", "code", "value", wide=True, across="branch"),
            linked.Groups("Ornament codes", "code", "value", wide=True),
        ],
    )
)
