"""A source whose Python fails, however it does, is told in one sentence and stops no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tributary.assets.sources import BUILT_IN, find_sources
from tributary.platform import load_platform
from tributary.resources.settings import Settings

BROKEN = {
    "bad_import": "import nothing_of_this_name",
    "bad_exit": "import sys; sys.exit('stop')",
    "bad_syntax": "def x(:",
    "bad_parts": "from tributary.assets.source import Source\nSOURCE = Source('bad_parts', parts='gone:PARTS')",
    "bad_resources": "from tributary.assets.parts import Parts\nfrom tributary.assets.source import Source\n"
    "def fail(settings): raise OSError('no such place')\n"
    "SOURCE, PARTS = Source('bad_resources', parts='bad_resources:PARTS'), Parts(resources=fail)",
}
"""Python of sources, by name; only those whose record itself can be had fail later than at their import."""


def test_sources_that_fail_stop_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in BROKEN.items():
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("TRIBUTARY_HOME", str(tmp_path / "home"))
    places = {name: (place,) for name, place in BUILT_IN.items()}
    sources = find_sources({**{name: (f"{name}:SOURCE",) for name in BROKEN}, **places})
    assert sources.broken.keys() == {"bad_import", "bad_exit", "bad_syntax"}
    platform = load_platform(sources)
    assert platform.broken.keys() == BROKEN.keys()
    for name, sentence in platform.broken.items():
        assert sentence.startswith(f"The source {name} cannot be loaded")
        assert "\n" not in sentence
    assert platform.parts.keys() == BUILT_IN.keys()
    assert {"raw.meetup_events", "gold.household_summary"} <= {
        ".".join(key.path) for asset in platform.assets for key in asset.keys
    }
    assert {"lake", "warehouse", "meetup"} <= platform.resources(Settings(_env_file=None, home=tmp_path)).keys()
