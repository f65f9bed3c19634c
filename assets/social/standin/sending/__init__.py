"""The social network's visitors: a process that sends their events to the collector, as a library would.

Sending belongs here; who does what is in `assets.social.standin.live`.
"""
