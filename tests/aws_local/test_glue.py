"""Glue's optimistic lock, without which two writers of a table would both believe that they had committed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest
from tests.running_aws import RunningAws

pytestmark = pytest.mark.xdist_group("aws")


def _catalogue(aws: RunningAws):  # type: ignore[no-untyped-def]
    from pyiceberg.catalog.glue import GlueCatalog

    return GlueCatalog("glue", **{"glue.region": "us-east-1", "s3.endpoint": aws.server.url})


def test_of_two_writers_of_the_same_rows_one_is_refused(aws: RunningAws) -> None:
    from pyiceberg.exceptions import CommitFailedException, ValidationException

    name = f"{aws.database()}.t"
    rows = pa.table({"x": [1, 2]})
    _catalogue(aws).create_table(name, rows.schema).append(rows)
    first, second = (_catalogue(aws).load_table(name).transaction() for _ in range(2))
    first.overwrite(pa.table({"x": [3]}))
    second.overwrite(pa.table({"x": [4]}))
    first.commit_transaction()
    with pytest.raises((CommitFailedException, ValidationException)):
        second.commit_transaction()
    assert aws.run(f"SELECT x FROM {name}") == [["3"]]


def test_appends_at_the_same_time_all_land(aws: RunningAws) -> None:
    name = f"{aws.database()}.t"
    schema = pa.schema({"x": pa.int64()})
    _catalogue(aws).create_table(name, schema, properties={"commit.retry.num-retries": "20"})

    def append(number: int) -> None:
        table = _catalogue(aws).load_table(name)
        table.append(pa.table({"x": [number]}))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(append, range(8)))
    assert sorted(_catalogue(aws).load_table(name).scan().to_arrow()["x"].to_pylist()) == list(range(8))


def test_a_stale_version_is_refused_and_a_missing_table_is_told(aws: RunningAws) -> None:
    glue, database = aws.client("glue"), aws.database()
    glue.create_table(DatabaseName=database, TableInput={"Name": "t"})
    version = glue.get_table(DatabaseName=database, Name="t")["Table"]["VersionId"]
    update = {"DatabaseName": database, "TableInput": {"Name": "t", "Description": "new"}, "VersionId": version}
    glue.update_table(**update)
    with pytest.raises(glue.exceptions.ConcurrentModificationException):
        glue.update_table(**update)
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.update_table(DatabaseName=database, TableInput={"Name": "nobody"}, VersionId="1")
