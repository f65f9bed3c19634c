"""The files of the look, and how an application serves them: at addresses that change with their content."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

STATIC = Path(__file__).with_name("static")
TEMPLATES = Path(__file__).with_name("templates")
"""The folder of templates; all of them stand under `look/`, beside an application's own."""

PATH = "/look"
"""Where the web process serves the files, to everybody: the page of the log-in needs them too."""

KEPT_SECONDS = 31_536_000
"""Browsers may keep a static file for as long as a year."""


def versioned(folder: Path, address: Callable[[str, str], str]) -> Callable[[str], str]:
    """Gives the address of a static file, which changes with its content, so that browsers may keep it for long.

    Args:
        folder: of the files.
        address: makes the address, of a file's name and its version.
    """
    versions = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()[:12] for file in folder.iterdir() if file.is_file()
    }
    return lambda name: address(name, versions[name])


class Files(StaticFiles):
    """Serves a folder of static files whose addresses are versioned."""

    def file_response(
        self, full_path: str | PathLike[str], stat_result: Any, scope: Any, status_code: int = 200
    ) -> Response:
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}, immutable"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer


def environment(*folders: Path) -> Environment:
    """Templates of folders, and those of the look, for an application that is served by the web process."""
    loader = FileSystemLoader([*folders, TEMPLATES])
    # An undefined name is a mistake in a template; shown as nothing, it would stay one.
    made = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    made.globals["look"] = versioned(STATIC, lambda name, version: f"{PATH}/{name}?v={version}")
    return made
