"""Followers: how many follow a user, day by day."""

import streamlit as st

from tributary.sdk import pages

SUMMARY, HISTORY = "gold.social_user_summary", "gold.social_follower_history"
MOST = 200

st.title("Social: followers")
pages.freshness(SUMMARY, HISTORY)
seen = {"user_id", "username", "followers"} & set(pages.columns(SUMMARY))
followed = pages.rows(SUMMARY, select=",".join(sorted(seen)), followers="gt.0", order="followers.desc,user_id")
if followed.empty:
    st.info("Nobody follows anybody yet.")
    st.stop()
names = followed["username"].fillna(followed["user_id"]) if "username" in seen else followed["user_id"]
called = dict(zip(followed["user_id"], names, strict=True))
counts = dict(zip(followed["user_id"], followed["followers"], strict=True))
label = f"User, of the {min(MOST, len(called)):,} most followed"
user = pages.choose(label, list(called)[:MOST], "user", lambda one: f"{called[one]} ({counts[one]:,})")
days = pages.rows(HISTORY, user_id=f"eq.{user}", order="date")
figures = st.columns(3)
figures[0].metric("Followers now", f"{counts[user]:,}")
figures[1].metric("Won in all", f"{days['gained'].sum():,}")
figures[2].metric("Lost in all", f"{days['lost'].sum():,}")
pages.chart("Followers at the end of the day", days, "date", "followers", kind="line", labels=("day", "followers"))
