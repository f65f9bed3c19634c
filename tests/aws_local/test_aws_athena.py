"""Statements through Athena's API, by boto3 pointed at the stand-in by its settings alone."""

from __future__ import annotations

import uuid

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.running_aws import BUCKET, RunningAws

from tributary.aws_local.server import AwsLocal
from tributary.aws_local.throttle import Throttle

pytestmark = pytest.mark.xdist_group("aws")

ENDLESS = "SELECT count(*) FROM {0}, {0}, {0}, {0}".format("UNNEST(sequence(1, 10000)) AS t(x)")


def test_values_are_worded_as_athena_does(aws: RunningAws) -> None:
    values = {
        "TIMESTAMP '2020-02-03 04:05:06.123456'": "2020-02-03 04:05:06.123",
        "1e10": "1.0E10",
        "1e-1": "0.1",
        "DECIMAL '1.20'": "1.20",
        "CAST(NULL AS varchar)": None,
        "''": "",
        "'é''\"'": "é'\"",
        "true": "true",
        "DATE '1900-01-01'": "1900-01-01",
        "ARRAY[1, 2]": "[1, 2]",
        "X'0aff'": "0a ff",
    }
    name = aws.start("SELECT " + ", ".join(f"{sql} AS c{number}" for number, sql in enumerate(values)))
    found = aws.ended(name)
    result = aws.client("athena").get_query_results(QueryExecutionId=name)["ResultSet"]
    names, row = ([value.get("VarCharValue") for value in line["Data"]] for line in result["Rows"])
    assert row == list(values.values())
    assert names == [f"c{number}" for number in range(len(values))]
    described = {column["Name"]: column for column in result["ResultSetMetadata"]["ColumnInfo"]}
    assert (described["c3"]["Type"], described["c3"]["Precision"], described["c3"]["Scale"]) == ("decimal", 3, 2)
    bucket, _, key = found["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
    written = aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    assert written.splitlines()[1].startswith('"2020-02-03 04:05:06.123","1.0E10","0.1","1.20",,"","é\'"""')


def test_answers_come_in_pages_and_tell_what_they_cost(aws: RunningAws) -> None:
    name = aws.start("SELECT x FROM UNNEST(sequence(1, 2500)) AS t(x) ORDER BY x")
    found = aws.ended(name)
    assert (found["StatementType"], found["SubstatementType"]) == ("DML", "SELECT")
    assert found["Statistics"]["TotalExecutionTimeInMillis"] >= found["Statistics"]["QueryQueueTimeInMillis"]
    pages = list(aws.client("athena").get_paginator("get_query_results").paginate(QueryExecutionId=name))
    rows = [row["Data"][0]["VarCharValue"] for page in pages for row in page["ResultSet"]["Rows"]]
    assert len(pages) == 3
    assert rows == ["x", *map(str, range(1, 2501))]


def test_parameters_are_literals_in_their_places(aws: RunningAws) -> None:
    assert aws.run("SELECT ? || 'x', ?", ExecutionParameters=["'it''s '", "2 + 1"]) == [["it's x", "3"]]


def test_one_token_starts_one_statement(aws: RunningAws) -> None:
    token = uuid.uuid4().hex
    first = aws.start("SELECT 1", ClientRequestToken=token)
    assert aws.start("SELECT 1", ClientRequestToken=token) == first
    with pytest.raises(ClientError, match="Idempotent parameters do not match"):
        aws.start("SELECT 2", ClientRequestToken=token)


def test_what_fails_says_whose_fault_it_is(aws: RunningAws) -> None:
    status = aws.ended(aws.start("SELECT nothing_like_it"))["Status"]
    assert status["State"] == "FAILED"
    assert status["StateChangeReason"].startswith("COLUMN_NOT_FOUND: ")
    assert status["AthenaError"]["ErrorCategory"] == 2
    assert not status["AthenaError"]["Retryable"]


def test_a_stopped_statement_ends_on_trino_too(aws: RunningAws) -> None:
    athena = aws.client("athena")
    name = aws.start(ENDLESS)
    running = f"SELECT count(*) FROM system.runtime.queries WHERE source = '{name}' AND state = 'RUNNING'"
    while aws.run(running) != [["1"]]:
        assert athena.get_query_execution(QueryExecutionId=name)["QueryExecution"]["Status"]["State"] != "FAILED"
    athena.stop_query_execution(QueryExecutionId=name)
    assert aws.ended(name)["Status"]["State"] == "CANCELLED"
    for _ in range(100):
        if aws.run(running) == [["0"]]:
            break
    else:
        pytest.fail("Trino still runs what was stopped")
    with pytest.raises(ClientError, match="CANCELLED"):
        athena.get_query_results(QueryExecutionId=name)
    listed = athena.list_query_executions()["QueryExecutionIds"]
    found = athena.batch_get_query_execution(QueryExecutionIds=[name, "nobody"])
    assert name in listed
    assert [each["QueryExecutionId"] for each in found["QueryExecutions"]] == [name]
    assert [each["QueryExecutionId"] for each in found["UnprocessedQueryExecutionIds"]] == ["nobody"]


def test_a_workgroup_settles_where_results_go_and_stops_who_scans_too_much(aws: RunningAws) -> None:
    database, group = aws.database(), f"group_{uuid.uuid4().hex[:8]}"
    location = f"s3://{BUCKET}/{group}/"
    configuration = {"ResultConfiguration": {"OutputLocation": location}, "BytesScannedCutoffPerQuery": 10_000_000}
    aws.client("athena").create_work_group(Name=group, Configuration=configuration)
    small = aws.ended(aws.start("SELECT 1", WorkGroup=group))
    assert small["ResultConfiguration"]["OutputLocation"].startswith(location)
    properties = f"table_type='ICEBERG', is_external=false, location='s3://{BUCKET}/{database}/large'"
    numbers = "UNNEST(sequence(1, 1500)) AS a(x), UNNEST(sequence(1, 1000)) AS b(y)"
    aws.run(f"CREATE TABLE {database}.large WITH ({properties}) AS SELECT rand() AS r FROM {numbers}")
    found = aws.ended(aws.start(f"SELECT sum(r) FROM {database}.large", WorkGroup=group))
    assert found["Status"]["State"] == "CANCELLED"
    assert found["Status"]["StateChangeReason"] == "Bytes scanned limit was exceeded"
    assert found["Statistics"]["DataScannedInBytes"] > 10_000_000
    with pytest.raises(ClientError, match="is not found"):
        aws.start("SELECT 1", WorkGroup="nobody")


def test_without_a_place_for_results_nothing_starts(aws: RunningAws) -> None:
    with pytest.raises(ClientError, match="No output location provided"):
        aws.client("athena").start_query_execution(QueryString="SELECT 1")


@pytest.mark.usefixtures("aws")
def test_too_many_statements_a_second_are_refused() -> None:
    with AwsLocal(lambda: "http://127.0.0.1:9", throttle=Throttle(0.001, burst=1)) as throttled:
        once = Config(retries={"total_max_attempts": 1})
        client = boto3.client("athena", region_name="us-east-1", endpoint_url=throttled.url, config=once)
        where = {"OutputLocation": f"s3://{BUCKET}/x/"}
        client.start_query_execution(QueryString="SELECT 1", ResultConfiguration=where)
        with pytest.raises(client.exceptions.TooManyRequestsException):
            client.start_query_execution(QueryString="SELECT 1", ResultConfiguration=where)
