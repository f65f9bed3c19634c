"""Runs the command line with another text of `core.fact_basket`: the first argument is put behind its SELECT."""

import sys
from pathlib import Path

from tributary.assets.factory import model_files
from tributary.assets.factory.errors import ModelError


def main() -> None:
    """Read the model so, and run the command that the other arguments are."""
    more = sys.argv.pop(1)
    read = model_files.read_text

    def text(path: Path) -> str | ModelError:
        return read(path) + (f"\n{more}\n" if path.name == "fact_basket.sql" else "")

    model_files.read_text = text  # type: ignore[assignment]
    from tributary.cli.environments import DIFFERS
    from tributary.cli.main import main as run

    try:
        run()
    except SystemExit as end:
        sys.exit(0 if end.code == DIFFERS else end.code)


main()
