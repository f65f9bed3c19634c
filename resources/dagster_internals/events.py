"""What events are built from: a run's failure is told anew, with its causes, for which there is no public way."""

from dagster._core.events import JobFailureData

__all__ = ["JobFailureData"]
