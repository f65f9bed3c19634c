"""Settings that name secrets: looked up when they are read, told in a sentence where they cannot, never shown."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest

from tributary.assets.meetup.settings import MeetupSettings
from tributary.resources.settings import SettingsError, get_settings, load_settings, read, shown

pytestmark = pytest.mark.xdist_group("moto")


@pytest.fixture(autouse=True)
def kept(moto: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUTARY_AWS_ENDPOINT_URL", moto)
    client = boto3.client("secretsmanager", region_name="us-east-1", endpoint_url=moto)
    rds = {"engine": "postgres", "host": "db", "port": 5432, "username": "me", "password": "hunter/2", "dbname": "main"}
    for name, text in (("rds", json.dumps(rds)), ("key", "hunter2"), ("many", '{"token": "hunter3", "deep": {}}')):
        try:
            client.create_secret(Name=name, SecretString=text)
        except client.exceptions.ResourceExistsException:
            continue


def test_a_secret_is_its_text_a_part_of_it_or_a_servers_url(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRIBUTARY_COLLECTOR_WRITE_KEY", "secretsmanager:key")
    monkeypatch.setenv("TRIBUTARY_POSTGRES_URL", "secretsmanager:rds")
    settings = load_settings(tmp_path / "none.env")
    assert settings.collector_write_key.get_secret_value() == "hunter2"
    assert settings.postgres_url is not None
    assert settings.postgres_url.get_secret_value() == "postgresql://me:hunter%2F2@db:5432/main"
    assert "hunter" not in repr(settings) + str(list(shown(settings)))


def test_a_sources_own_secret_may_be_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    get_settings.cache_clear()
    monkeypatch.setenv("TRIBUTARY_MEETUP_TOKEN", "secretsmanager:many#token")
    own = read(MeetupSettings)
    get_settings.cache_clear()
    assert own.token is not None
    assert own.token.get_secret_value() == "hunter3"


@pytest.mark.parametrize(
    ("variable", "reference", "told"),
    [
        ("COLLECTOR_WRITE_KEY", "secretsmanager:none", "ResourceNotFoundException"),
        ("COLLECTOR_WRITE_KEY", "secretsmanager:many#none", "no JSON object with a text none"),
        ("COLLECTOR_WRITE_KEY", "secretsmanager:many#deep", "no JSON object with a text deep"),
        ("COLLECTOR_WRITE_KEY", "secretsmanager:key#part", "no JSON object with a text part"),
        ("PUBLIC_URL", "secretsmanager:key", "its value is shown to people"),
    ],
)
def test_what_cannot_be_had_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, reference: str, told: str
) -> None:
    monkeypatch.setenv(f"TRIBUTARY_{variable}", reference)
    with pytest.raises(SettingsError, match=told) as refused:
        load_settings(tmp_path / "none.env")
    assert str(refused.value).startswith(f"TRIBUTARY_{variable} cannot be")
    assert "hunter" not in str(refused.value)
