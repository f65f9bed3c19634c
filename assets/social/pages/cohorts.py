"""Cohorts: of those who came first in some week, how many came in each week after it."""

import streamlit as st

from tributary.sdk import linked, pages

st.title("Social: cohorts")
st.markdown("A cohort is who was active first in some week. Weeks that are not over yet are left out.")
pages.show(
    linked.Linked(
        title="Who comes back",
        table="gold.social_retention",
        where={"is_complete": "is.true"},
        dimensions={
            "cohort": linked.Time("First week", "cohort_week"),
            "since": linked.Number("Weeks since", "weeks_since", 1),
            "week": linked.Time("Week", "week_start"),
        },
        measures={
            "retention": linked.Measure(
                "Share of the cohort that is active", "active_users", "cohort_users", percent=True
            ),
            "active": linked.Measure("Users active, over all weeks", "active_users"),
        },
        views=[
            linked.Matrix("Share of each cohort that came again", "cohort", "retention", wide=True, across="since"),
            linked.Bars("Share that came, by weeks since the first", "since", "retention"),
            linked.Bars("Active users by week", "week", "active"),
            linked.Matrix("Active users of each cohort", "cohort", "active", wide=True, across="since"),
        ],
    )
)
