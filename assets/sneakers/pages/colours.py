"""Colours: which are worn, month by month."""

import streamlit as st

from tributary.sdk import linked, pages

st.title("Sneakers: colours by month")
pages.show(
    linked.Linked(
        title="Wears by colour",
        table="gold.sneaker_wears_by_color",
        dimensions={"month": linked.Time("Month", "month_start"), "color": linked.Category("Colour", "color")},
        measures={"wears": linked.Measure("Wears", "wears"), "walks": linked.Measure("Walks", "walks")},
        views=[
            linked.Bars("Wears by month", "month", "wears"),
            linked.Leaderboard("Colours", "color", "wears"),
            linked.Matrix("Wears by colour and month", "color", "wears", wide=True, across="month"),
        ],
    )
)
