"""Users: when they came, how much they do, and who follows them."""

import streamlit as st

from tributary.sdk import linked, pages

st.title("Social: users")
pages.show(
    linked.Linked(
        title="Users",
        table="gold.social_user_summary",
        dimensions={
            "came": linked.Time("First seen", "first_seen_at"),
            "active": linked.Time("Last active", "last_active_at"),
            "user": linked.Category("User", "user_id", label="username"),
            "days": linked.Number("Days active", "days_active", 1),
            "followers": linked.Number("Followers", "followers", 5),
        },
        measures={
            "users": linked.Measure("Users"),
            "posts": linked.Measure("Posts", "posts"),
            "followers": linked.Measure("Followers", "followers"),
            "following": linked.Measure("Following", "following"),
        },
        views=[
            linked.Bars("Users by when they came", "came", "users"),
            linked.Bars("Users by when they were last active", "active", "users"),
            linked.Leaderboard("Most followed", "user", "followers"),
            linked.Leaderboard("Most posts", "user", "posts"),
            linked.Bars("Users by days active", "days", "users"),
            linked.Bars("Users by followers", "followers", "users"),
            linked.Groups("All users", "user", "followers", wide=True),
        ],
    )
)
