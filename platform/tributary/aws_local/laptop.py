"""The profile `aws` on this machine: the stand-ins, what infrastructure makes on AWS, and the platform on them.

The platform is `tributary up` in a process of its own, which is told by its settings alone where everything is; that
these are stand-ins it does not know. As their state is in memory, the home of such a platform begins empty each time.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import boto3

from tributary.aws_local.firehose import Firehose
from tributary.aws_local.server import REGION
from tributary.aws_local.trino import local_aws
from tributary.launcher.single import held
from tributary.resources.postgres.databases import Databases, connect
from tributary.resources.settings import Settings, variable_of

BUCKET = "tributary"
LAKE = "lake/"
DELIVERY_SECONDS = 10.0
"""How long events wait for others of their object; Firehose waits a minute or more."""

_WRITE_KEY = "tributary/collector"
_KEYS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_EC2_METADATA_DISABLED": "true"}
"""Any keys open the stand-ins; without them clients would look for a machine's role."""


@contextmanager
def aws_on_this_machine(settings: Settings, folder: Path, *, port: int) -> Iterator[Mapping[str, str]]:
    """Everything that the platform stands on, while the block runs; gives the variables that lead there.

    Args:
        settings: say of Trino its programs, JDK, port and memory, and how the stream is called.
        folder: for all state; what is in it is removed first.
        port: that of the stand-ins on loopback; a free one where it is 0.

    Raises:
        LauncherError: another process does the same in this home.
        TrinoError: Trino cannot be had or started.
        PostgresError: the embedded server cannot be started.
    """
    with held(folder.with_name(f"{folder.name}.lock"), f"AWS's stand-ins are up already for {settings.home}."):
        shutil.rmtree(folder, ignore_errors=True)
        with _standing(settings, folder, port) as variables:
            yield variables


@contextmanager
def _standing(settings: Settings, folder: Path, port: int) -> Iterator[Mapping[str, str]]:
    # A client that is refused while another does the same asks again; the terminal is the platform's.
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    home = folder / "home"
    server = settings.model_copy(update={"home": folder, "postgres_url": None, "postgres_port": None})
    with connect(server) as databases, local_aws(settings, folder / "trino", port=port) as aws:
        keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local", "region_name": REGION}

        def client(service: str) -> Any:
            return boto3.client(service, endpoint_url=aws.url, **keys)

        s3, kinesis = client("s3"), client("kinesis")
        s3.create_bucket(Bucket=BUCKET)
        kinesis.create_stream(StreamName=settings.stream, StreamModeDetails={"StreamMode": "ON_DEMAND"})
        client("secretsmanager").create_secret(Name=_WRITE_KEY, SecretString=secrets.token_urlsafe(24))
        with Firehose(kinesis, s3, settings.stream, BUCKET, LAKE, seconds=DELIVERY_SECONDS):
            yield {**_KEYS, **_settings_on(aws.url, databases, home)}


def _settings_on(url: str, databases: Databases, home: Path) -> Mapping[str, str]:
    given = {
        "profile": "aws",
        "samples": "true",
        "home": str(home),
        "postgres_url": databases.server_url,
        "lake_url": f"s3://{BUCKET}/{LAKE.rstrip('/')}",
        "iceberg_warehouse": f"s3://{BUCKET}/warehouse",
        "aws_region": REGION,
        "aws_endpoint_url": url,
        "collector_write_key": f"secretsmanager:{_WRITE_KEY}",
    }
    return {variable_of(field): value for field, value in given.items()}


def run_platform(variables: Mapping[str, str], command: Sequence[str] = ("up",)) -> int:
    """Run a command of `tributary` in front, as if it had been called alone; returns its exit code."""
    # Ctrl-C reaches the whole group: the platform ends first, and then what it stands on.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        child = subprocess.Popen([sys.executable, "-m", "tributary", *command], env={**os.environ, **variables})
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        return child.wait()
    finally:
        with suppress(ProcessLookupError, NameError):
            child.terminate()
        signal.signal(signal.SIGINT, before)
