"""The tags of runs that sources ask for, and by which the queue orders them; without Dagster."""

STEADY_TAG = "tributary/steady"
"""The tag of runs of sources that never rest; of each such source one run goes on at a time."""
