"""Settings: read once, validated, and refused in one sentence that names the variable."""

from __future__ import annotations

from pathlib import Path

import pytest

from tributary.assets.retail.settings import retail_folder
from tributary.assets.sources import BUILT_IN, check_settings, find_sources
from tributary.resources.settings import PROJECT_ROOT, SettingsError, load_settings


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    return tmp_path / "none.env"


def read_all(env_file: Path) -> None:
    load_settings(env_file)
    check_settings(env_file)


def test_defaults_need_nothing(empty: Path) -> None:
    settings = load_settings(empty)
    assert settings.profile == "local"
    assert settings.host == "127.0.0.1"
    assert settings.lake_location == str(PROJECT_ROOT / ".tributary" / "lake")
    assert retail_folder(settings) == PROJECT_ROOT / ".tributary" / "sample" / "retail"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("TRIBUTARY_PROFILE", "gcp", "'local' or 'aws'"),
        ("TRIBUTARY_DAGSTER_PORT", "http", "valid integer"),
        ("TRIBUTARY_DAGSTER_PORT", "70000", "65535"),
        ("TRIBUTARY_DATABASE_PREFIX", "Robert'); --", "pattern"),
        ("TRIBUTARY_AWS_REGION", "mars", "pattern"),
        ("TRIBUTARY_POSTGRES_URL", "mysql://me:hunter2@host/db", "postgresql://"),
    ],
)
def test_a_wrong_value_is_one_sentence_naming_the_variable(
    monkeypatch: pytest.MonkeyPatch, empty: Path, name: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        read_all(empty)
    assert str(refused.value).startswith(name)
    assert expected in str(refused.value)
    assert "hunter2" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_misspelt_variable_is_refused_with_the_right_one(monkeypatch: pytest.MonkeyPatch, empty: Path) -> None:
    monkeypatch.setenv("TRIBUTARY_MAX_CONCURENT_RUNS", "1")
    with pytest.raises(SettingsError, match="did you mean TRIBUTARY_MAX_CONCURRENT_RUNS"):
        read_all(empty)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("TRIBUTARY_RETAIL_DRI", "/data", "did you mean TRIBUTARY_RETAIL_DIR?"),
        ("TRIBUTARY_RETAIL_SAMPLE_SCALE", "2", "less than or equal to 1"),
    ],
)
def test_a_setting_of_a_source_that_is_wrong_stops_that_source_alone(
    empty: Path, name: str, value: str, expected: str
) -> None:
    empty.write_text(f"{name}={value}\n")
    sources = find_sources({name: (place,) for name, place in BUILT_IN.items()}, env_file=empty)
    assert [source.name for source in sources] == list(BUILT_IN)
    assert [source.name for source in sources.working] == [name for name in BUILT_IN if name != "retail"]
    assert sources.broken["retail"].startswith(f"The source retail cannot be loaded: {name} is ")
    assert expected in sources.broken["retail"]
    check_settings(empty)


def test_an_env_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, empty: Path) -> None:
    empty.write_text("TRIBUTARY_DAGSTER_PORT=3111\nTRIBUTARY_HOST=127.0.0.2\nOTHER=1\n")
    monkeypatch.setenv("TRIBUTARY_HOST", "127.0.0.3")
    settings = load_settings(empty)
    assert (settings.dagster_port, settings.host) == (3111, "127.0.0.3")
    empty.write_text("TRIBUTARY_DAGSTER_PROT=3111\n")
    with pytest.raises(SettingsError, match="TRIBUTARY_DAGSTER_PORT"):
        read_all(empty)


def test_the_profile_aws_needs_a_server_and_a_bucket(monkeypatch: pytest.MonkeyPatch, empty: Path) -> None:
    monkeypatch.setenv("TRIBUTARY_PROFILE", "aws")
    with pytest.raises(SettingsError, match="TRIBUTARY_POSTGRES_URL is required"):
        load_settings(empty)
    monkeypatch.setenv("TRIBUTARY_POSTGRES_URL", "postgresql://me@host/db")
    with pytest.raises(SettingsError, match="TRIBUTARY_LAKE_URL must be an s3:// URL"):
        load_settings(empty)
    monkeypatch.setenv("TRIBUTARY_LAKE_URL", "s3://bucket/prefix")
    with pytest.raises(SettingsError, match="TRIBUTARY_COLLECTOR_WRITE_KEY is required"):
        load_settings(empty)
    monkeypatch.setenv("TRIBUTARY_COLLECTOR_WRITE_KEY", "a-key-of-our-own")
    with pytest.raises(SettingsError, match="TRIBUTARY_ICEBERG_WAREHOUSE must be an s3:// URL"):
        load_settings(empty)
    monkeypatch.setenv("TRIBUTARY_ICEBERG_WAREHOUSE", "s3://bucket/warehouse")
    found = load_settings(empty)
    assert (found.warehouse, found.iceberg_catalog, found.stream_engine) == ("athena", "glue", "kinesis")
    assert (found.lake_location, found.samples) == ("s3://bucket/prefix", False)
    assert found.compute_logs_location == "s3://bucket/prefix/compute-logs"


def test_what_the_profile_aws_settles_can_be_set_otherwise(monkeypatch: pytest.MonkeyPatch, empty: Path) -> None:
    given = {
        "PROFILE": "aws",
        "POSTGRES_URL": "postgresql://me@host/db",
        "LAKE_URL": "/efs/lake",
        "COLLECTOR_WRITE_KEY": "a-key-of-our-own",
        "WAREHOUSE": "postgres",
        "STREAM_ENGINE": "folder",
        "SAMPLES": "true",
        "COMPUTE_LOGS": "/var/log/runs",
    }
    for name, value in given.items():
        monkeypatch.setenv(f"TRIBUTARY_{name}", value)
    found = load_settings(empty)
    assert (found.warehouse, found.stream_engine, found.samples) == ("postgres", "folder", True)
    assert (found.lake_location, found.compute_logs_location) == ("/efs/lake", "/var/log/runs")
    monkeypatch.setenv("TRIBUTARY_LAKE_URL", "bucket")
    with pytest.raises(SettingsError, match="TRIBUTARY_LAKE_URL must be an s3:// URL, or an absolute folder"):
        load_settings(empty)


def test_a_cluster_is_named_with_all_that_a_task_on_it_needs(monkeypatch: pytest.MonkeyPatch, empty: Path) -> None:
    monkeypatch.setenv("TRIBUTARY_ECS_CLUSTER", "runs")
    with pytest.raises(SettingsError, match="need TRIBUTARY_ECS_TASK_DEFINITION"):
        load_settings(empty)


def test_a_secret_does_not_show_in_the_settings(monkeypatch: pytest.MonkeyPatch, empty: Path) -> None:
    monkeypatch.setenv("TRIBUTARY_COLLECTOR_WRITE_KEY", "hunter2")
    monkeypatch.setenv("TRIBUTARY_POSTGRES_URL", "postgresql://me:hunter2@host/db")
    assert "hunter2" not in repr(load_settings(empty))
