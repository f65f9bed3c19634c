"""What processes keep: nothing of an evaluation or of reading models once that is done, no memory that is free."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from pathlib import Path

import dagster as dg
import pytest
from dagster_shared.check import CheckError
from dagster_shared.check.builder import EvalContext
from dagster_shared.record import record

from tributary.assets.factory.following import FOLLOW
from tributary.resources.dagster_internals.automation import QuietAutomationSensor
from tributary.resources.dagster_internals.first_use import keep_types_alone
from tributary.resources.kernel import give_memory_back

MEBIBYTE = 1024 * 1024

FIRST_COMMAND = """
import gc
from tributary.cli.materialize import Wanted, known_of, ready
gc.set_threshold(100_000, 20, 20)
wanted = Wanted(("core.dim_store",), (), "", None, None, None, False, False)
known = known_of(wanted)
assert known is None
with ready(wanted, known):
    gc.unfreeze()
    print(gc.collect())
"""


class Large:
    """What somebody works on."""


@pytest.fixture
def frugal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EvalContext, "update_from_frame", EvalContext.update_from_frame)
    keep_types_alone()


@pytest.mark.usefixtures("frugal")
def test_a_record_keeps_nothing_of_who_first_makes_one() -> None:
    @record
    class Found:
        what: Named  # type: ignore[name-defined]  # noqa: F821  (known where one is made)

    def make() -> tuple[weakref.ref[Large], Found]:
        class Named:
            """A type that its annotation names."""

        large = Large()
        return weakref.ref(large), Found(what=Named())

    large, found = make()
    gc.collect()
    assert large() is None
    with pytest.raises(CheckError):
        type(found)(what="of another type")


@pytest.mark.usefixtures("frugal")
def test_an_evaluation_leaves_nothing_behind() -> None:
    @dg.asset
    def source() -> None: ...

    @dg.asset(deps=[source], automation_condition=FOLLOW)
    def follower() -> None: ...

    sensor = QuietAutomationSensor("automation", target="*", use_user_code_server=True)
    repository = dg.Definitions(assets=[source, follower], sensors=[sensor]).get_repository_def()
    with dg.DagsterInstance.ephemeral() as instance:
        assert dg.materialize([source, follower], instance=instance).success
        gc.collect()
        gc.disable()
        context = dg.build_sensor_context(instance=instance, repository_def=repository, sensor_name="automation")
        assert sensor.evaluate_tick(context).automation_condition_evaluations
        left = gc.collect()
        gc.enable()
    assert left < 10


def test_the_first_command_of_a_home_keeps_little_of_what_reading_its_models_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIBUTARY_HOME", str(tmp_path))
    done = subprocess.run([sys.executable, "-c", FIRST_COMMAND], capture_output=True, text=True, check=True)
    # Reading them leaves some 400,000 objects in cycles.
    assert int(done.stdout.split()[-1]) < 150_000


def test_freed_memory_is_given_back_from_between_what_is_used() -> None:
    if not Path("/proc/self/statm").exists():
        pytest.skip("Only Linux tells.")
    made = [bytearray(100_000) for _ in range(1_000)]
    kept = made[::2]
    give_memory_back()
    full = _resident()
    del made
    give_memory_back()
    assert full - _resident() > 40 * MEBIBYTE
    assert len(kept) == 500


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
