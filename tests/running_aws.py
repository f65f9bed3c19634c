"""AWS's stand-in for tests, with a real Trino behind its Athena: clients of boto3's, and a database of one's own."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.ports import free_port
from tests.running_trino import skip_without_trino
from tributary.aws_local.server import REGION, AwsLocal
from tributary.aws_local.trino import local_aws
from tributary.resources.settings import Settings

if TYPE_CHECKING:
    from tributary.resources.warehouse.iceberg.engine import TrinoEngine

BUCKET = "warehouse"


@dataclass(frozen=True)
class RunningAws:
    """The stand-in, found by clients through AWS_ENDPOINT_URL, with a bucket."""

    server: AwsLocal

    def client(self, service: str) -> Any:
        """A client of boto3's, which is told nothing but its region."""
        return boto3.client(service, region_name=REGION)

    def database(self) -> str:
        """The name of a new database in Glue."""
        name = f"db_{uuid.uuid4().hex[:12]}"
        self.client("glue").create_database(DatabaseInput={"Name": name, "LocationUri": f"s3://{BUCKET}/{name}"})
        return name

    def wipe(self) -> None:
        """Forget all databases and the tables and views in them."""
        glue = self.client("glue")
        for page in glue.get_paginator("get_databases").paginate():
            for one in page["DatabaseList"]:
                glue.delete_database(Name=one["Name"])

    def settings(self, home: Path) -> Settings:
        """The settings of a warehouse on it."""
        given = {"warehouse": "athena", "iceberg_catalog": "glue", "iceberg_warehouse": f"s3://{BUCKET}/tables"}
        return Settings.model_validate({"home": home, "aws_endpoint_url": self.server.url, **given})

    def engine(self) -> TrinoEngine:
        """An engine on it, as another machine has it."""
        from tributary.resources.warehouse.iceberg.athena import AthenaPlace, AthenaTransport
        from tributary.resources.warehouse.iceberg.catalogue import open_catalogue
        from tributary.resources.warehouse.iceberg.engine import TrinoEngine

        transport = AthenaTransport(AthenaPlace(REGION, "primary", f"s3://{BUCKET}/answers"))
        return TrinoEngine(transport, lambda: open_catalogue(self.settings(Path("unused"))))

    def start(self, sql: str, **more: Any) -> str:
        """Starts a statement."""
        given = {"ResultConfiguration": {"OutputLocation": f"s3://{BUCKET}/results/"}, **more}
        return str(self.client("athena").start_query_execution(QueryString=sql, **given)["QueryExecutionId"])

    def ended(self, name: str, seconds: float = 60) -> dict[str, Any]:
        """The execution, when it is over."""
        client, deadline = self.client("athena"), time.monotonic() + seconds
        while time.monotonic() < deadline:
            found: dict[str, Any] = client.get_query_execution(QueryExecutionId=name)["QueryExecution"]
            if found["Status"]["State"] not in ("QUEUED", "RUNNING"):
                return found
            time.sleep(0.02)
        raise AssertionError(f"{name} did not end within {seconds} s")

    def run(self, sql: str, **more: Any) -> list[list[str | None]]:
        """The rows of a statement that succeeds, without the columns' names."""
        name = self.start(sql, **more)
        found = self.ended(name)
        assert found["Status"]["State"] == "SUCCEEDED", found["Status"]
        rows = self.client("athena").get_query_results(QueryExecutionId=name)["ResultSet"]["Rows"]
        return [[value.get("VarCharValue") for value in row["Data"]] for row in rows[1:]]

    def fails(self, sql: str, **more: Any) -> str:
        """Why a statement does not succeed."""
        status = self.ended(self.start(sql, **more))["Status"]
        assert status["State"] == "FAILED"
        return str(status["StateChangeReason"])


@contextmanager
def running_moto() -> Iterator[str]:
    """The URL of moto's services alone, while the block runs."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@contextmanager
def running_aws(folder: Path) -> Iterator[RunningAws]:
    """The stand-in while the block runs, and where clients find it; skips where there is no Trino to be had."""
    settings = Settings.model_validate({"home": folder, "trino_port": free_port(), "trino_memory": "1500M"})
    skip_without_trino(settings)
    with pytest.MonkeyPatch.context() as patch, local_aws(settings, folder / "trino") as server:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "local")
        patch.setenv("AWS_ENDPOINT_URL", server.url)
        found = RunningAws(server)
        found.client("s3").create_bucket(Bucket=BUCKET)
        yield found
