"""The commands of a day, `ls`, `plan` and `check`, on the project's assets and on 1,000 generated models.

Each is a whole process, on a running server, beside a process that only imports Dagster. The models are never made:
ten layers of a hundred, each of which reads two of the layer before, in a source that a package brings.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from bench.bed import Bed
from bench.clock import best, interleaved
from bench.figures import Figure, at_most

LIMIT = 0.5
"""Processor seconds of `ls` on the project's assets."""

LAYERS, EACH = 10, 100
COMMANDS = ("ls", "plan", "check")
_MODEL = """/*
description: Generated numbers.
grain: one row a number
columns:
  n: {{type: integer, description: "A number."}}
*/
select {alias}.n from {reads}
"""
_SOURCE = """from pathlib import Path
from tributary.sdk import Column, Source, Table

SEED = Table("staged", "generated_seed", (Column("n", "integer", "A number."),))
GENERATED = Source("generated", tables=(SEED,), models=Path(__file__).parent / "models")
"""


def plans(bed: Bed) -> list[Figure]:
    """Each command on both, the import of Dagster in turns with it; what is kept in the home is there already."""
    generated = _generated(bed.root / "generated")
    before = os.environ.get("PYTHONPATH", "")
    path = os.pathsep.join([str(generated), before])
    figures = []
    try:
        # A source that a package on the path brings is on unless others are named.
        for what, settings, python in (
            ("the project", {}, before),
            (f"{LAYERS * EACH:,} models", {"sources": "generated"}, path),
        ):
            os.environ["PYTHONPATH"] = python
            bed.tributary("check", **settings)
            bed.tributary("ls", **settings)
            for name in COMMANDS:
                dagster, ours = (
                    best(timings)
                    for timings in interleaved(
                        bed.repeats,
                        lambda: bed.python("-c", "import dagster"),
                        lambda name=name, settings=settings: bed.tributary(name, **settings),  # type: ignore[misc]
                    )
                )
                limit = (
                    at_most(ours.cpu or 0.0, LIMIT, "s of processor time") if name == "ls" and not settings else None
                )
                figures.append(
                    Figure("plans", f"tributary {name}, {what}", ours, "python -c 'import dagster'", dagster, limit)
                )
    finally:
        os.environ["PYTHONPATH"] = before
    return figures


def _generated(folder: Path) -> Path:
    """A folder of packages with a source of generated models."""
    shutil.rmtree(folder, ignore_errors=True)
    dist = folder / "generated-1.0.dist-info"
    dist.mkdir(parents=True)
    (dist / "METADATA").write_text("Metadata-Version: 2.1\nName: generated\nVersion: 1.0\n")
    (dist / "entry_points.txt").write_text("[tributary.sources]\ngenerated = generated_source:GENERATED\n")
    (folder / "generated_source.py").write_text(_SOURCE)
    models = folder / "models" / "core"
    models.mkdir(parents=True)
    for layer in range(LAYERS):
        for place in range(EACH):
            before = [f"core.model_{layer - 1}_{(place + step) % EACH}" for step in (0, 3)]
            reads = f"{before[0]} as a inner join {before[1]} as b on b.n = a.n"
            text = _MODEL.format(alias="a", reads=reads if layer else "staged.generated_seed as a")
            (models / f"model_{layer}_{place}.sql").write_text(text)
    return folder
