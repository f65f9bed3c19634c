"""How the house is built: no floor knows one above it, nothing shared names a source, and all assets are as written."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from docs.house import PAGE, drawn

from tributary.assets.sources import BUILT_IN
from tributary.resources.settings import PROJECT_ROOT

SPECS = Path(__file__).with_name("asset_specs.txt")
_NAMES = re.compile("retail|social|sneaker|meetup|pledge", re.IGNORECASE)
_OWN = {f"assets/{name}" for name in BUILT_IN}
_SHOWN_FROM_AFAR = 12
_LIST = "assets/sources.py"
"""The one shared file that lists the sources that come with Tributary."""


def test_no_shared_file_folder_or_line_names_a_source() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "platform", "assets", "resources"],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    shared = [name for name in listed.stdout.split() if "/".join(name.split("/")[:2]) not in _OWN and name != _LIST]
    assert [name for name in shared if _NAMES.search(name)] == []
    paths = [PROJECT_ROOT / name for name in shared]
    texts = {path: path.read_text(encoding="utf-8", errors="replace") for path in paths if path.is_file()}
    found = [
        f"{path}:{number}"
        for path, text in texts.items()
        for number, line in enumerate(text.splitlines(), 1)
        if _NAMES.search(line)
    ]
    assert found == []
    listing = (PROJECT_ROOT / _LIST).read_text(encoding="utf-8")
    assert len(_NAMES.findall(listing.partition("BUILT_IN: ")[0] + listing.partition("\n}\n")[2])) == 0


def test_nothing_imports_upwards_and_no_source_imports_another() -> None:
    program = str(Path(sys.executable).with_name("lint-imports"))
    done = subprocess.run([program, "--no-cache"], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_picture_of_the_house_is_drawn_from_the_code() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == drawn(page), "run: python docs/house.py"


def test_all_assets_are_as_they_are_written_down() -> None:
    """A change of a key, what it reads, its group, kinds, partitions, tags or owners is one that users see."""
    assert SPECS.read_text(encoding="utf-8") == told(), "if that is meant, run: python -m tests.test_house"


def test_what_lies_in_the_lake_is_told_from_tables_by_how_its_name_begins() -> None:
    """Dagster's graph, seen from afar, shows the first characters of a key's last part, and nothing else of it."""
    from tributary.definitions import defs

    keys = defs.resolve_asset_graph().materializable_asset_keys
    shown = {key: key.path[-1][:_SHOWN_FROM_AFAR] for key in keys}
    lake = {text for key, text in shown.items() if key.path[0] in ("raw", "transformed")}
    assert {text for text in lake if not text.startswith(("csv_", "json_", "parquet_"))} == set()
    assert lake & {text for key, text in shown.items() if key.path[0] not in ("raw", "transformed")} == set()


def told() -> str:
    """Every asset, a line for what it is and one for each thing that it reads."""
    from tributary.definitions import defs

    graph = defs.resolve_asset_graph()
    lines: list[str] = []
    for key in sorted(graph.materializable_asset_keys):
        node = graph.get(key)
        tags = {name: value for name, value in node.tags.items() if not name.startswith("dagster/kind/")}
        words = [*sorted(node.kinds), *(f"{name}={value}" for name, value in sorted(tags.items())), *node.owners]
        partitions = f", {node.partitions_def}" if node.partitions_def is not None else ""
        lines.append(f"{'/'.join(key.path)} [{node.group_name}] {' '.join(words)}{partitions}")
        lines += [f"    {'/'.join(parent.path)}" for parent in sorted(node.parent_keys)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    SPECS.write_text(told(), encoding="utf-8")
