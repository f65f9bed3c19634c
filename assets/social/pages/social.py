"""Social: what happened day by day, and who was active."""

import streamlit as st

from tributary.sdk import linked, pages

ACTIVE = "gold.social_active_users"

st.title("Social: activity")
pages.show(
    linked.Linked(
        title="Day by day",
        table="gold.social_daily_activity",
        dimensions={"day": linked.Time("Day", "date"), "active": linked.Number("Active users", "active_users", 25)},
        measures={
            "new": linked.Measure("New users", "new_users"),
            "returning": linked.Measure("Returns on later days", "returning_users"),
            "posts": linked.Measure("Posts", "posts"),
            "follows": linked.Measure("Follows", "follows"),
            "unfollows": linked.Measure("Unfollows", "unfollows"),
            "events": linked.Measure("Messages", "events"),
            "days": linked.Measure("Days"),
        },
        views=[
            linked.Bars("Returning users by day", "day", "returning", wide=True),
            linked.Bars("New users by day", "day", "new"),
            linked.Bars("Posts by day", "day", "posts"),
            linked.Bars("Follows by day", "day", "follows"),
            linked.Bars("Days by active users", "active", "days"),
            linked.Rows(
                "Days",
                {
                    "date": "Day",
                    "active_users": "Active",
                    "new_users": "New",
                    "posts": "Posts",
                    "follows": "Follows",
                    "unfollows": "Unfollows",
                    "events": "Messages",
                },
                "date",
            ),
        ],
    )
)
pages.freshness(ACTIVE)
month = pages.rows(ACTIVE, order="date")
pages.chart("Users active in 28 days", month, "date", "monthly_active_users", kind="line", labels=("day", "users"))
