"""Seasons: which materials are worn in which."""

import streamlit as st

from tributary.sdk import linked, pages

st.title("Sneakers: seasons and materials")
pages.show(
    linked.Linked(
        title="Wears by season and material",
        table="gold.sneaker_wears_by_season_material",
        dimensions={"season": linked.Category("Season", "season"), "material": linked.Category("Material", "material")},
        measures={"wears": linked.Measure("Wears", "wears"), "walks": linked.Measure("Walks", "walks")},
        views=[
            linked.Leaderboard("Seasons", "season", "wears"),
            linked.Leaderboard("Materials", "material", "wears"),
            linked.Matrix("Wears by material and season", "material", "wears", wide=True, across="season"),
        ],
    )
)
