"""Acquisition: what brings people, and how many of them stay."""

import streamlit as st

from tributary.sdk import linked, pages

st.title("Social: acquisition")
pages.show(
    linked.Linked(
        title="What brings people",
        table="gold.social_acquisition",
        dimensions={
            "week": linked.Time("Week of the first visit", "week_start"),
            "campaign": linked.Category("Campaign", "campaign_name"),
            "source": linked.Category("Source", "campaign_source"),
            "medium": linked.Category("Medium", "campaign_medium"),
            "site": linked.Category("Referring site", "referrer_host"),
            "device": linked.Category("Device", "device"),
        },
        measures={
            "visitors": linked.Measure("First visits", "visitors"),
            "known": linked.Measure("Became known", "became_known", "visitors", percent=True),
            "part": linked.Measure("Took part", "took_part", "visitors", percent=True),
            "back": linked.Measure("Came back", "came_back", "visitors", percent=True),
        },
        views=[
            linked.Bars("First visits by week", "week", "visitors"),
            linked.Bars("Share that came back, by week of the first visit", "week", "back"),
            linked.Leaderboard("Campaigns", "campaign", "visitors"),
            linked.Leaderboard("Sources", "source", "visitors"),
            linked.Leaderboard("Referring sites", "site", "visitors"),
            linked.Leaderboard("Devices", "device", "visitors"),
            linked.Matrix("Share that came back, by campaign and device", "campaign", "back", across="device"),
            linked.Matrix("First visits by campaign and week", "campaign", "visitors", across="week"),
            linked.Groups("How far they get, by campaign", "campaign", "visitors", wide=True),
        ],
    )
)
