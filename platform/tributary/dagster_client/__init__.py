"""Asks Dagster's own server, by its GraphQL: what processes without Dagster need of it, and nothing more.

How it is asked is in `asking`, runs are in `runs`; `assets` tells how all assets are, `history` how one has been,
`ticks` what sensors, schedules and daemons do.
"""

from tributary.dagster_client.asking import DagsterAway, DagsterRefused
from tributary.dagster_client.runs import DagsterClient

__all__ = ["DagsterAway", "DagsterClient", "DagsterRefused"]
