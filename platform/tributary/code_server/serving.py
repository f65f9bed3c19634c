"""The server of the definitions: Dagster's own, forked from the template, as are the runs that it starts.

It listens on a socket of its own, to which the one that others know is a link: so a server that comes after it takes
over in one step, and nobody is without one meanwhile. Only the standard library is imported at the top.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tributary.resources.kernel import end_with_parent, name_process

MODULE_VARIABLE = "DAGSTER_CODE_SERVER_MODULE"
"""The variable that names the module with the definitions (settings own the `TRIBUTARY_` names)."""

NAME = "tributary-code"
"""What the server's process is named, as the kernel knows it."""


def serve(socket: str, module: str, location: str, holder: int) -> None:
    """Serve the definitions of `module` until another server takes over, or the process `holder` is gone.

    Args:
        socket: the path by which others know the server.
        module: holds the `Definitions`.
        location: the name of the code location in the UI.
        holder: the process that starts a new server when it gets SIGHUP.
    """
    from tributary.resources.dagster_internals.code_server import CodeServer

    name_process(NAME)

    # Without the template it could start no run, and would take those that go on for dead.
    end_with_parent(signal.SIGKILL)
    known = Path(socket)
    own = known.with_name(f"{known.stem}.{os.getpid()}{known.suffix}")
    server = CodeServer(module, location, own, lambda: _is_link_to(known, own), lambda: os.kill(holder, signal.SIGHUP))
    _link(known, own)
    server.serve()


def _link(known: Path, own: Path) -> None:
    aside = known.with_name(f".{own.name}")
    aside.unlink(missing_ok=True)
    aside.symlink_to(own.name)
    aside.replace(known)
    for other in known.parent.glob(f"{known.stem}.*{known.suffix}"):
        # Who is connected to the one before stays so.
        if other != own:
            other.unlink(missing_ok=True)


def _is_link_to(known: Path, own: Path) -> bool:
    return known.is_symlink() and known.readlink().name == own.name
