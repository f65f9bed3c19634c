"""Social: activity by day, users by when they came and what they do, followers of one user."""

import streamlit as st

from tributary.sdk import linked, pages

ACTIVITY, FOLLOWERS = "gold.social_daily_activity", "gold.social_follower_history"

st.title("Social")
pages.freshness(ACTIVITY, FOLLOWERS)
days = pages.rows(ACTIVITY, order="date")
left, right = st.columns(2)
with left:
    st.subheader("Active users by day")
    st.bar_chart(days, x="date", y=["new_users", "returning_users"])
with right:
    st.subheader("Posts and follows by day")
    st.line_chart(days, x="date", y=["posts", "follows", "unfollows"])

pages.show(
    linked.Linked(
        title="Users",
        table="gold.social_user_summary",
        dimensions={
            "came": linked.Time("First seen", "first_seen_at"),
            "active": linked.Time("Last active", "last_active_at"),
            "user": linked.Category("User", "user_id", label="username"),
            "days": linked.Number("Days active", "days_active", 1),
        },
        measures={
            "users": linked.Measure("Users"),
            "posts": linked.Measure("Posts", "posts"),
            "followers": linked.Measure("Followers", "followers"),
        },
        views=[
            linked.Bars("Users by when they came", "came", "users"),
            linked.Bars("Users by when they were last active", "active", "users"),
            linked.Leaderboard("Most followed", "user", "followers"),
            linked.Leaderboard("Most posts", "user", "posts"),
            linked.Bars("Users by days active", "days", "users"),
            linked.Groups("Users", "user", "followers", wide=True),
        ],
    )
)

user = st.text_input("Followers of the user (id)", key="followers_of", bind="query-params")
if user:
    history = pages.rows(FOLLOWERS, user_id=f"eq.{user}", order="date")
    if history.empty:
        st.info("Nobody has followed this user.")
    else:
        st.line_chart(history, x="date", y="followers")
