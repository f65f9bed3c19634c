"""The settings file of stages: what cannot be is refused in one sentence that names stage and key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from infrastructure.stages import FILE, StageError, read_stages


def written(tmp_path: Path, change: dict[str, Any], stage: str = "dev") -> Path:
    """The file with some keys of a stage changed."""
    told = yaml.safe_load(FILE.read_text())
    told["stages"][stage] |= change
    file = tmp_path / "stages.yaml"
    file.write_text(yaml.safe_dump(told))
    return file


def test_there_are_three_stages_with_names_of_their_own() -> None:
    stages = read_stages()
    assert list(stages) == ["dev", "staging", "prod"]
    assert len({stage.bucket for stage in stages.values()}) == 3
    assert stages["dev"].stream_name == "tributary-dev-events"
    # What a stage does not say is the default's.
    assert stages["staging"].database == stages["dev"].database != stages["prod"].database


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"account": "12"}, "dev, account:"),
        ({"zones": ["us-east-1a", "us-east-1b"]}, "us-east-1a is not in the region eu-west-1"),
        ({"nat_gateways": 3}, "3 are more than the 2 zones"),
        ({"network": "10.0.0.0/24"}, "too small"),
        ({"domain": "data.elsewhere.org"}, "not in the hosted zone example.com"),
        ({"image_tag": "latest"}, "name a version"),
        ({"log_days": 31}, "dev, log_days:"),
        ({"colour": "red"}, "dev, colour:"),
        ({"tasks": {}}, "code-server is missing"),
        ({"settings": {"PATH": "/tmp"}}, "dev, settings.PATH"),
        ({"account": "333333333333"}, "prod, prod: dev has the same account"),
        ({"oidc": {"issuer": "http://id.example.com"}}, "dev, oidc"),
    ],
)
def test_what_cannot_be_is_one_sentence(tmp_path: Path, change: dict[str, Any], expected: str) -> None:
    with pytest.raises(StageError) as refused:
        read_stages(written(tmp_path, change))
    assert expected.removeprefix("prod, ") in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ({"cpu": 500, "memory": 1024}, "none of 500"),
        ({"cpu": 512, "memory": 8192}, "1024 to 4096 MiB"),
        ({"cpu": 2048, "memory": 4500}, "in steps of 1024"),
        ({"cpu": 512, "memory": 1024, "least": 3, "most": 2}, "less than least"),
    ],
)
def test_a_size_that_fargate_has_not_is_refused(tmp_path: Path, size: dict[str, int], expected: str) -> None:
    tasks = yaml.safe_load(FILE.read_text())["default"]["tasks"]
    with pytest.raises(StageError, match=expected):
        read_stages(written(tmp_path, {"tasks": {**tasks, "run": size}}))


def test_two_daemons_are_refused(tmp_path: Path) -> None:
    tasks = yaml.safe_load(FILE.read_text())["default"]["tasks"]
    tasks["daemon"] |= {"most": 2}
    with pytest.raises(StageError, match=r"tasks\.daemon: there is one task of it"):
        read_stages(written(tmp_path, {"tasks": tasks}))


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "stages.yaml").write_text("stages: [")
    with pytest.raises(StageError, match="cannot be read"):
        read_stages(tmp_path / "stages.yaml")
    with pytest.raises(StageError, match="cannot be read"):
        read_stages(tmp_path / "none.yaml")
