"""The source `meetup`: groups around a place and their events, pulled day by day from Meetup's API.

What the source's records mean belongs here; how the API is spoken to is `assets.meetup.api`.
"""
