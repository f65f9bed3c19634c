"""Names by which requests, their partitions and their runs know each other; without Dagster."""

REQUEST_TAG = "tributary/request"
"""The tag of a run that names the request which it makes."""

PRUNE_TAG = "tributary/prune"
"""The tag of runs that delete what is not kept any more before they make the table of a report."""

POOL = "reports"
"""The pool of steps that make extracts: its limit is how many are made at once."""


def asset_of(report: str) -> str:
    """The asset of a report's extracts, as `layer.name`; its dynamic partitions have the same name with a slash."""
    return f"reports.{report}"


def partitions_name(report: str) -> str:
    """The name of the dynamic partitions of a report."""
    return f"reports/{report}"


def job_of(report: str) -> str:
    """The job of a report's runs."""
    return f"report_{report}"
