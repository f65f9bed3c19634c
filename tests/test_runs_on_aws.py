"""Runs on AWS by dagster-aws: what they print is in S3, and each is a task of ECS of the size that its tags ask for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import dagster as dg
import pytest
import yaml
from botocore.stub import Stubber
from dagster._core.launcher import LaunchRunContext
from dagster_aws.ecs import EcsRunLauncher

from tests.conftest import Cli
from tests.instances import instance_of
from tributary.instance.configuration import render
from tributary.instance.opening import dagster_environment, open_instance
from tributary.instance.orphans import fail_orphaned_runs
from tributary.resources.postgres.databases import Databases, connect
from tributary.resources.settings import Settings

pytestmark = pytest.mark.xdist_group("moto")

LONGEST_OVERRIDES = 8_192
"""Characters of a task's overrides, at most: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html"""

A_RUN = """
import dagster as dg
from tributary.instance.executor import run_executor

@dg.op
def say():
    print("said by a run", flush=True)

@dg.job(executor_def=run_executor)
def saying():
    say()

if __name__ == "__main__":
    with dg.DagsterInstance.get() as instance:
        print(dg.execute_job(dg.reconstructable(saying), instance).run_id)
"""


@dg.op
def nothing() -> None:
    return None


@dg.job
def short() -> None:
    nothing()


@pytest.fixture(scope="module")
def settings(moto_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Those of a platform whose runs are tasks, in an environment with keys."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        where = {"region_name": "us-east-1", "endpoint_url": moto_server}
        boto3.client("s3", **where).create_bucket(Bucket="logs")
        ecs = boto3.client("ecs", **where)
        ecs.create_cluster(clusterName="runs")
        ecs.register_task_definition(
            family="tributary-run",
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="1024",
            memory="2048",
            containerDefinitions=[{"name": "run", "image": "tributary:1", "cpu": 1024, "memory": 2048}],
        )
        subnet = boto3.client("ec2", **where).describe_subnets()["Subnets"][0]["SubnetId"]
        given = {
            "home": tmp_path_factory.mktemp("on_aws"),
            "aws_endpoint_url": moto_server,
            "compute_logs": "s3://logs/of-runs",
            "ecs_task_definition": "tributary-run",
            "ecs_cluster": "runs",
            "ecs_subnets": subnet,
            "ecs_security_groups": "sg-1, sg-2",
            "run_cpu": 1024,
            "run_memory": 4096,
        }
        yield Settings(_env_file=None, **given)


@pytest.fixture(scope="module")
def databases(settings: Settings) -> Iterator[Databases]:
    with connect(settings) as databases:
        yield databases


@pytest.fixture(scope="module")
def instance(settings: Settings, databases: Databases) -> Iterator[dg.DagsterInstance]:
    with instance_of(settings, databases) as instance:
        yield instance


def launched(instance: dg.DagsterInstance, **tags: str) -> dg.DagsterRun:
    origin = dg.reconstructable(short).get_python_origin()
    run = instance.create_run_for_job(short, job_code_origin=origin, tags=tags)
    instance.run_launcher.launch_run(LaunchRunContext(dagster_run=run, workspace=None))
    found = instance.get_run_by_id(run.run_id)
    assert found is not None
    return found


def test_a_run_is_a_task_of_its_usual_size_or_of_the_size_that_its_tags_ask_for(
    instance: dg.DagsterInstance, settings: Settings
) -> None:
    client = boto3.client("ecs", region_name="us-east-1", endpoint_url=settings.aws_endpoint_url)
    sizes = []
    for tags in ({}, {"ecs/cpu": "4096", "ecs/memory": "16384"}):
        run = launched(instance, **tags)
        (task,) = client.describe_tasks(cluster="runs", tasks=[run.tags["ecs/task_arn"]])["tasks"]
        overrides = task["overrides"]
        (container,) = overrides["containerOverrides"]
        sizes.append((overrides["cpu"], overrides["memory"], container["cpu"], container["memory"]))
        assert container["name"] == "run"
        assert container["command"][:3] == ["dagster", "api", "execute_run"]
        assert run.run_id in container["command"][3]
        assert len(json.dumps(overrides)) < LONGEST_OVERRIDES
        assert "testing" not in json.dumps(overrides)
        assert "postgresql" not in json.dumps(overrides), "where the database is, a run's own settings tell it"
    assert sizes == [("1024", "4096", 1024, 4096), ("4096", "16384", 4096, 16384)]


def test_the_whole_request_names_cluster_and_network(instance: dg.DagsterInstance, settings: Settings) -> None:
    """moto looks at little of a request: it is compared before it is sent, and must be one that ECS's model allows."""
    launcher = instance.run_launcher
    assert isinstance(launcher, EcsRunLauncher)
    asked: list[dict[str, Any]] = []
    launcher.ecs.meta.events.register("before-parameter-build.ecs.RunTask", lambda params, **_: asked.append(params))
    answer = {"tasks": [{"taskArn": "arn:task", "clusterArn": "arn:cluster"}]}
    with Stubber(launcher.ecs) as stubber:
        stubber.add_response("run_task", answer)
        run = launched(instance)
        stubber.assert_no_pending_responses()
    (request,) = asked
    assert request["cluster"] == "runs"
    assert request["launchType"] == "FARGATE"
    groups = ["sg-1", "sg-2"]
    network = {"subnets": [settings.ecs_subnets], "assignPublicIp": "DISABLED", "securityGroups": groups}
    assert request["networkConfiguration"] == {"awsvpcConfiguration": network}
    assert (run.tags["ecs/task_arn"], run.tags["ecs/cluster"]) == ("arn:task", "arn:cluster")


def test_a_task_that_is_on_its_way_is_no_orphan_of_a_launcher_that_starts(instance: dg.DagsterInstance) -> None:
    run = launched(instance)
    instance.report_run_canceling(run)
    assert run.run_id not in fail_orphaned_runs(instance)


def test_what_a_run_prints_is_in_s3_where_the_ui_and_the_command_line_find_it(
    settings: Settings, databases: Databases, cli: Cli, tmp_path: Path, moto: str
) -> None:
    script = tmp_path / "saying.py"
    script.write_text(A_RUN)
    environment = {**os.environ, **dagster_environment(settings, databases)}
    done = subprocess.run([sys.executable, str(script)], env=environment, capture_output=True, text=True, check=True)
    run_id = done.stdout.split()[-1]
    s3 = boto3.client("s3", region_name="us-east-1", endpoint_url=moto)
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket="logs", Prefix=f"of-runs/storage/{run_id}/")["Contents"]]
    (out,) = [key for key in keys if key.endswith(".out")]
    assert s3.get_object(Bucket="logs", Key=out)["Body"].read() == b"said by a run\n"
    assert not list((settings.dagster_home / "compute_logs").rglob("*.out"))
    told = cli("logs", run_id, home=settings.home, aws_endpoint_url=moto, compute_logs=settings.compute_logs)
    assert "stdout │ said by a run" in told.stdout


def test_a_run_goes_on_where_s3_takes_nothing(settings: Settings, databases: Databases, tmp_path: Path) -> None:
    script = tmp_path / "saying.py"
    script.write_text(A_RUN)
    gone = settings.model_copy(update={"home": tmp_path, "compute_logs": "s3://no-such-bucket"})
    with open_instance(gone, databases):
        pass
    environment = {**os.environ, **dagster_environment(gone, databases)}
    done = subprocess.run([sys.executable, str(script)], env=environment, capture_output=True, text=True, check=True)
    run_id = done.stdout.split()[-1]
    (kept,) = (tmp_path / "dagster" / "compute_logs").rglob("*.out")
    assert run_id in str(kept)
    assert kept.read_text() == "said by a run\n"


def test_without_a_task_definition_runs_are_on_this_machine_and_no_secret_is_written(tmp_path: Path) -> None:
    given = {
        "profile": "aws",
        "home": tmp_path,
        "postgres_url": "postgresql://me:s3cret@h/db",
        "lake_url": "s3://bucket/lake",
        "iceberg_warehouse": "s3://bucket/tables",
        "collector_write_key": "s3cret-key",
    }
    text = render(Settings(_env_file=None, **given))
    found = yaml.safe_load(text)
    assert found["run_launcher"]["class"] == "RunLauncher"
    assert (found["compute_logs"]["config"]["bucket"], found["compute_logs"]["config"]["prefix"]) == (
        "bucket",
        "lake/compute-logs",
    )
    assert "s3cret" not in text
    task = yaml.safe_load(render(Settings(_env_file=None, **given, ecs_task_definition="run")))["run_launcher"]
    assert task["class"] == "EcsRunLauncher"
    assert task["config"]["use_current_ecs_task_config"] is True
