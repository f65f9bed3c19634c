"""Which assets there are is kept in the home under what they were loaded from, and only where that is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tributary import asset_store
from tributary.asset_graph import kept_graph
from tributary.assets.sources import get_sources
from tributary.resources.settings import get_settings


def test_assets_are_kept_unless_a_file_was_edited_while_they_were_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = get_settings().model_copy(update={"home": tmp_path})
    monkeypatch.setattr(asset_store, "get_settings", lambda: settings)
    loaded = asset_store.load_definitions()
    monkeypatch.setattr(asset_store, "load_definitions", lambda: replace(loaded, digest="another text of some file"))
    assert asset_store.load_graph().assets
    assert kept_graph(tmp_path) is None
    now = asset_store.digest_now(get_sources())
    monkeypatch.setattr(asset_store, "load_definitions", lambda: replace(loaded, digest=now))
    graph = asset_store.load_graph()
    assert asset_store.current_graph() == graph
