"""What the web server needs: the stock command offers no place for a layer before it, nor permissions by person."""

from dagster._core.errors import DagsterUserCodeProcessError
from dagster._core.workspace.context import WorkspaceProcessContext, WorkspaceRequestContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster._core.workspace.permissions import PermissionResult, Permissions
from dagster._utils.interrupts import setup_interrupt_handlers
from dagster._utils.log import configure_loggers
from dagster_graphql.implementation.utils import ErrorCapture
from dagster_graphql.schema.errors import GraphenePythonError
from dagster_shared.error import SerializableErrorInfo

import tributary.resources.dagster_internals.watching  # noqa: F401  (sets how often)

__all__ = [
    "DagsterUserCodeProcessError",
    "ErrorCapture",
    "GraphenePythonError",
    "PermissionResult",
    "Permissions",
    "SerializableErrorInfo",
    "WorkspaceFileTarget",
    "WorkspaceProcessContext",
    "WorkspaceRequestContext",
    "configure_loggers",
    "setup_interrupt_handlers",
]
