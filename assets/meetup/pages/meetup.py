"""Meetup: all seven pictures of its events on one page, each of which filters all others."""

import streamlit as st

from tributary.sdk import linked, pages

st.title("Meetup")
pages.show(
    linked.Linked(
        title="Events",
        table="gold.meetup_events",
        where={"is_cancelled": "is.false"},
        dimensions={
            "day": linked.Time("Day", "local_date"),
            "group": linked.Category("Group", "group_id", label="group_name", link="group_link"),
            "event": linked.Category("Event", "event_id", label="title", link="event_url"),
            "venue": linked.Category("Venue", "venue_key", label="venue_name"),
            "place": linked.Place("Place", "lat", "lon"),
            "word": linked.Words("Word of the title", "gold.meetup_title_words", "event_id", "word"),
        },
        measures={
            "events": linked.Measure("Events held"),
            "yes": linked.Measure("Said yes", "yes_rsvps"),
            "waitlist": linked.Measure("Waited for a place", "waitlist"),
        },
        views=[
            linked.Bars("Events over time", "day", "events", wide=True),
            linked.HeatMap("Where they are held", "place", "events"),
            linked.Leaderboard("Top ten groups", "group", "yes"),
            linked.Leaderboard("Top ten events", "event", "yes"),
            linked.Leaderboard("Top ten venues", "venue", "events", without=("online", "unknown")),
            linked.WordCloud("Words of titles", "word", "events", wide=True),
            linked.Groups("All groups", "group", "yes", wide=True),
        ],
    )
)
