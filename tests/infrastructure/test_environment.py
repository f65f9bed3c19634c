"""What tasks are told are the project's own settings, and sound: as the project itself reads them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

pytest.importorskip("aws_cdk", reason="the extra `infrastructure` is not installed; `make synth` installs it")

from infrastructure.stages import SERVICES, Stage
from tests.infrastructure.templates import Synthesised
from tributary.assets.social.arrivals import RAW, hour_of
from tributary.assets.sources import check_settings
from tributary.containers.part import PARTS as PARTS_SERVED
from tributary.resources.settings import Settings, get_settings, load_settings, variables_of
from tributary.resources.stream.naming import EVENTS

pytestmark = pytest.mark.xdist_group("infrastructure")
URL = "postgresql://tributary:word@db.example.internal:5432/postgres"


def told(synthesised: Synthesised, stage: Stage, name: str) -> dict[str, str]:
    """The variables of a kind of task, with secrets as ECS gives them."""
    own = "".join(part.capitalize() for part in name.split("-"))
    task = synthesised.one(stage, "AWS::ECS::TaskDefinition", f"{own}Task")
    (container,) = task.properties["ContainerDefinitions"]
    found = {one["Name"]: one["Value"] for one in container["Environment"]}
    secrets = {one["Name"]: one["ValueFrom"] for one in container["Secrets"]}
    assert found.keys().isdisjoint(secrets)
    return {**found, **{one: f"of {one}, made by Secrets Manager, long enough" for one in secrets}}


def test_every_task_starts_with_settings_that_hold(synthesised: Synthesised, monkeypatch: pytest.MonkeyPatch) -> None:
    for stage in synthesised.stages.values():
        for name in (*SERVICES, "run"):
            variables = told(synthesised, stage, name)
            reference = variables["TRIBUTARY_POSTGRES_URL"]
            assert reference.startswith("secretsmanager:<Postgres")
            with monkeypatch.context() as patched:
                for variable, value in {**variables, "TRIBUTARY_POSTGRES_URL": URL}.items():
                    patched.setenv(variable, value)
                settings = load_settings(None)
                # An unknown variable, as one misspelt, is refused here.
                get_settings.cache_clear()
                check_settings(None)
            get_settings.cache_clear()
            assert settings.profile == "aws"
            assert settings.warehouse == "athena"
            assert settings.log_in_ways == {"oidc"}
            assert settings.address == f"https://{stage.domain}"
            assert settings.lake_location == f"s3://{stage.bucket}/lake"
            assert settings.athena_answers == f"s3://{stage.bucket}/athena-answers/{stage.prefix}"
            assert settings.dagster_origin == "http://webserver.tributary.internal:3000"
            assert settings.max_concurrent_runs == stage.runs_at_once


def test_no_secret_is_among_the_variables(synthesised: Synthesised) -> None:
    secret = {one for one in variables_of(Settings) if one.endswith(("_KEY", "_SECRET", "_PASSWORD", "_TOKEN"))}
    for task in synthesised.of("AWS::ECS::TaskDefinition"):
        (container,) = task.properties["ContainerDefinitions"]
        assert {one["Name"] for one in container["Environment"]}.isdisjoint(secret)
        assert {one["Name"] for one in container["Secrets"]} == {
            "TRIBUTARY_WEB_SECRET", "TRIBUTARY_PRINCIPAL_KEY", "TRIBUTARY_COLLECTOR_WRITE_KEY",
            "TRIBUTARY_OIDC_CLIENT_SECRET",
        }  # fmt: skip


def test_services_are_parts_that_can_be_served(synthesised: Synthesised) -> None:
    for service in SERVICES:
        task = synthesised.one(synthesised.stages["dev"], "AWS::ECS::TaskDefinition", _own(service))
        (container,) = task.properties["ContainerDefinitions"]
        assert container["Command"][2] in PARTS_SERVED


@pytest.mark.parametrize("at", [datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2027, 12, 31, 23, 59, tzinfo=UTC)])
def test_firehose_writes_where_the_lake_reads(synthesised: Synthesised, at: datetime) -> None:
    """The prefix, evaluated as Firehose does, and the lake's own reading of the key.

    https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
    """
    for stage in synthesised.stages.values():
        (delivery,) = synthesised.of("AWS::KinesisFirehose::DeliveryStream", stage)
        to = delivery.properties["ExtendedS3DestinationConfiguration"]
        own = told(synthesised, stage, "run")["TRIBUTARY_LAKE_URL"].removeprefix(f"s3://{stage.bucket}/") + "/"
        name = f"{delivery.properties['DeliveryStreamName']}-1-{at:%Y-%m-%d-%H-%M-%S}-0f0f.gz"
        key = evaluated(to["Prefix"], at) + name
        assert key.startswith(own + EVENTS)
        assert hour_of(key.removeprefix(own), RAW) == at.replace(minute=0, second=0)
        # What could not be delivered is never in the lake.
        assert not evaluated(to["ErrorOutputPrefix"], at).startswith(own)


def evaluated(prefix: str, at: datetime) -> str:
    """A prefix at a moment in UTC, of the letters that are used here."""
    java = {"yyyy": f"{at:%Y}", "MM": f"{at:%m}", "dd": f"{at:%d}", "HH": f"{at:%H}"}
    head, mark, rest = prefix.partition("!{timestamp:")
    if not mark:
        return prefix
    pattern, _, tail = rest.partition("}")
    return head + "/".join(java[part] for part in pattern.split("/")) + evaluated(tail, at)


def _own(service: str) -> str:
    return "".join(part.capitalize() for part in service.split("-")) + "Task"
