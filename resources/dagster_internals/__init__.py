"""Everything that the platform touches of Dagster beyond its published interface, each with its reason.

Nothing else imports from `dagster._…` or names such a module. What is built of these parts stands where it belongs; a
new version of Dagster is looked through here first, and `tests/test_dagster_internals.py` compares what it stores.
"""

# Dagster's own documentation of `dagster.yaml` names these modules: they have no public alias.
LOCAL_COMPUTE_LOGS = {"module": "dagster._core.storage.local_compute_log_manager", "class": "LocalComputeLogManager"}
LOCAL_ARTIFACTS = {"module": "dagster._core.storage.root", "class": "LocalArtifactStorage"}
NO_COMPUTE_LOGS = {"module": "dagster._core.storage.noop_compute_log_manager", "class": "NoOpComputeLogManager"}

# What the script `dagster-daemon` runs; a script cannot be run by the launcher's own interpreter.
DAEMON_MODULE = "dagster._daemon"
DAEMON_PRELOAD = "tributary.resources.dagster_internals.daemon"

# The question for a sign of life of a code server, by gRPC; it and its answer are read as nothing but bytes.
PING = "/api.DagsterApi/Ping"

# What the process of a run is named, as the kernel knows it.
RUN_PROCESS = "tributary-run"
