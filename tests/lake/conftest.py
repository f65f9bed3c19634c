"""The lakes that the tests of this folder share: each test that asks for `lake` runs once for every engine."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tributary.resources.lake import Lake, open_lake
from tributary.resources.lake.bundles import BundledLake

Opener = Callable[[], Lake]


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "7")  # pages so short that listings take several
        import boto3

        url = "http://{}:{}".format(*server.get_host_and_port())
        boto3.client("s3", endpoint_url=url, region_name="us-east-1").create_bucket(Bucket="lake")
        yield url
    server.stop()


@pytest.fixture(params=["folder", "s3", "bundled"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """Opens the same lake, empty at first, as often as it is called."""
    if request.param == "bundled":
        return lambda: BundledLake(open_lake(str(tmp_path / "lake"), region="us-east-1", endpoint_url=None), "")
    if request.param == "folder":
        return lambda: open_lake(str(tmp_path / "lake"), region="us-east-1", endpoint_url=None)
    url = request.getfixturevalue("s3_url")
    location = f"s3://lake/{uuid.uuid4().hex}/base"
    return lambda: open_lake(location, region="us-east-1", endpoint_url=url)


@pytest.fixture
def lake(opener: Opener) -> Lake:
    return opener()
