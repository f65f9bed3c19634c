"""What the web server needs: the stock command offers no place for a layer before it."""

from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster._utils.interrupts import setup_interrupt_handlers
from dagster._utils.log import configure_loggers

__all__ = ["WorkspaceFileTarget", "WorkspaceProcessContext", "configure_loggers", "setup_interrupt_handlers"]
