"""`tributary prune`: says what would go and why, deletes it and nothing else, and finds nothing left to do."""

from __future__ import annotations

import json
import time
from pathlib import Path

from tests.conftest import Cli

from tributary.assets.retail.ingest import Manifest, ingest, manifest_key, read_manifest
from tributary.identity.tables import open_tables
from tributary.resources.lake.folder import FolderLake
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import Settings


def test_what_is_not_kept_is_told_and_then_goes(cli: Cli, tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "product.csv"
    lake = FolderLake(home / "lake")
    keys = []
    for content in ("A\n1\n", "A\n2\n", "A\n3\n"):
        file.write_text(content)
        keys.append(ingest(lake, file)[0].key)
    manifest = read_manifest(lake, "product.csv")
    assert isinstance(manifest, Manifest)
    # The first was replaced long ago, the second lately.
    long_ago = time.time() - 100 * 86_400
    former = ((keys[0], long_ago), manifest.former[1])
    text = json.loads(lake.get(manifest_key("product.csv"))) | {"former": former}
    lake.put(manifest_key("product.csv"), json.dumps(text).encode())
    with connect(Settings(_env_file=None, home=home)) as databases:
        engine = open_tables(databases.url("app"))
        with engine.begin() as connection:
            connection.exec_driver_sql(
                "INSERT INTO identity.audit (at, who, what, path, outcome) "
                "SELECT now() - n * interval '1 day', 'ada', 'x', '/', 'allowed' FROM generate_series(1, 10) AS n"
            )
        engine.dispose()
    own = {"home": home, "audit_days": 5, "sources": "retail,calendar"}
    going = json.loads(cli("prune", "--dry-run", "--format", "json", **own).stdout)
    assert [(one["of"], one["name"]) for one in going] == [("lake", keys[0]), ("audit log", "6 entries")]
    assert going[0]["why"].startswith("another version took its place on 20")
    assert len(list(lake.list("retail/raw/product/"))) == 3
    told = cli("prune", **own).stdout
    assert "deleted 1 object of 4 B in the lake" in told
    assert "Audit log: deleted 6 entries" in told
    assert {info.key for info in lake.list("retail/raw/product/")} == set(keys[1:])
    assert "Nothing would go." in cli("prune", "--dry-run", **own).stdout
