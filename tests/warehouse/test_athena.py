"""Athena's transport, on the stand-in: exact values, order, limits, patience, and what each statement leaves behind."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator
from decimal import Decimal

import pytest
from tests.running_aws import BUCKET, RunningAws

from tributary.aws_local.server import AwsLocal
from tributary.aws_local.throttle import Throttle
from tributary.resources.warehouse.base import NOBODY, Origin
from tributary.resources.warehouse.iceberg.athena import SCAN_LIMIT, AthenaPlace, AthenaTransport
from tributary.resources.warehouse.iceberg.transport import StatementError, UnreachableError, Usage

pytestmark = pytest.mark.xdist_group("aws")

PLACE = AthenaPlace("us-east-1", "primary", f"s3://{BUCKET}/answers", poll=0.1)
ENDLESS = "SELECT count(*) FROM {0}, {0}, {0}, {0}".format("UNNEST(sequence(1, 10000)) AS t(x)")


@pytest.fixture
def spent() -> list[tuple[Origin, Usage]]:
    return []


@pytest.fixture
def transport(aws: RunningAws, spent: list[tuple[Origin, Usage]]) -> Iterator[AthenaTransport]:
    yield AthenaTransport(PLACE, spent=lambda origin, usage: spent.append((origin, usage)))
    left = aws.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="answers/unload/")
    assert not left["KeyCount"], "what was unloaded was read, and is removed"


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def test_values_are_exact_and_in_order(transport: AthenaTransport) -> None:
    values = (
        "VALUES (1, TIMESTAMP '2020-01-01 00:00:00.000002', 'b', DECIMAL '1.10', 1e-1), "
        "(2, TIMESTAMP '2020-01-01 00:00:00.000001', '', NULL, -0e0), "
        "(3, NULL, 'c', DECIMAL '-0.01', nan())"
    )
    sql = f"SELECT at, x AS n, text, amount, r FROM ({values}) AS v(x, at, text, amount, r) ORDER BY %s"
    first = (_moment("2020-01-01 00:00:00.000001"), 2, "", None, -0.0)
    second = (_moment("2020-01-01 00:00:00.000002"), 1, "b", Decimal("1.10"), 0.1)
    for keys, expected in {
        "at DESC NULLS FIRST": [None, second, first],
        "x DESC": [None, first, second],
        "length(text), 2": [first, second, None],
    }.items():
        with transport.run(sql % keys, NOBODY) as result:
            assert [column.name for column in result.columns] == ["at", "n", "text", "amount", "r"]
            assert result.columns[0].type == "timestamp(6)"
            rows = list(result.rows)
        assert [row[:4] if row[1] == 3 else row for row in rows] == [
            (None, 3, "c", Decimal("-0.01")) if row is None else row for row in expected
        ]
        assert len(rows[0]) == 5


def test_small_answers_without_times_come_without_a_file(
    transport: AthenaTransport, spent: list[tuple[Origin, Usage]]
) -> None:
    with transport.run("SELECT x, x % 2 = 0, '' FROM UNNEST(sequence(1, 2100)) AS t(x) ORDER BY 1", NOBODY) as result:
        assert list(result.rows) == [(x, x % 2 == 0, "") for x in range(1, 2101)]
    assert len(spent) == 1


def test_no_rows_have_columns_too(transport: AthenaTransport) -> None:
    with transport.run("SELECT now() AS at, 1 AS x WHERE false ORDER BY 1", NOBODY) as result:
        assert [column.name for column in result.columns] == ["at", "x"]
        assert list(result.rows) == []


def test_an_insert_tells_how_many_and_bulk_keeps_the_order(aws: RunningAws, transport: AthenaTransport) -> None:
    name = aws.database()
    aws.run(
        f"CREATE TABLE {name}.t (x bigint) LOCATION 's3://{BUCKET}/{name}/t' TBLPROPERTIES ('table_type'='ICEBERG')"
    )
    with transport.run(f'INSERT INTO "{name}"."t" SELECT * FROM UNNEST(sequence(1, 5000))', NOBODY) as result:
        assert list(result.rows) == [(5000,)]
    for statement in transport.upkeep(f"{name}.t", compact=True, days=7):
        with transport.run(statement, NOBODY) as result:
            assert list(result.rows) == [(0,)]
    found = transport.bulk(f'SELECT x FROM "{name}"."t" ORDER BY x DESC', NOBODY)
    assert found is not None
    assert found["x"].to_pylist() == list(range(5000, 0, -1))


def test_a_statement_says_for_whom_it_runs_and_what_it_took(
    aws: RunningAws, transport: AthenaTransport, spent: list[tuple[Origin, Usage]]
) -> None:
    origin = Origin("0b53a1c2-run", "gold/things")
    with transport.run("SELECT 1 AS x", origin) as result:
        assert list(result.rows) == [(1,)]
    ((whose, usage),) = spent
    found = aws.client("athena").get_query_execution(QueryExecutionId=usage.query)["QueryExecution"]
    assert whose == origin
    assert found["Query"] == "SELECT 1 AS x\n-- tributary gold/things 0b53a1c2-run"
    assert usage.run_seconds > 0
    # Of a query that is unloaded it stands within, as UNLOAD's own words are no query's.
    with transport.run("SELECT TIMESTAMP '2020-01-01 00:00:00.000002' AS x", origin) as result:
        assert [row[0].microsecond for row in result.rows] == [2]
    unloaded = aws.client("athena").get_query_execution(QueryExecutionId=spent[-1][1].query)["QueryExecution"]["Query"]
    assert "AS x\n-- tributary gold/things 0b53a1c2-run\n) TO 's3://" in unloaded


def test_a_statement_that_takes_too_long_or_is_given_up_is_stopped(aws: RunningAws, transport: AthenaTransport) -> None:
    with pytest.raises(StatementError) as late, transport.run(ENDLESS, Origin("", "late"), seconds=0.5):
        pass
    assert late.value.timed_out
    stop = AthenaPlace("us-east-1", "primary", f"s3://{BUCKET}/answers")
    given_up = AthenaTransport(stop)

    def cancel(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tributary.resources.warehouse.iceberg.athena.time.sleep", cancel)
        with pytest.raises(KeyboardInterrupt), given_up.run(ENDLESS, Origin("", "cancelled")):
            pass
    athena = aws.client("athena")
    newest = athena.list_query_executions(MaxResults=2)["QueryExecutionIds"]
    found = athena.batch_get_query_execution(QueryExecutionIds=newest)["QueryExecutions"]
    assert [(each["Query"].split()[-1], each["Status"]["State"]) for each in found] == [
        ("cancelled", "CANCELLED"),
        ("late", "CANCELLED"),
    ]


def test_what_scans_too_much_is_stopped_with_a_sentence(aws: RunningAws) -> None:
    name = aws.database()
    properties = f"table_type='ICEBERG', is_external=false, location='s3://{BUCKET}/{name}/t'"
    numbers = "UNNEST(sequence(1, 1500)) AS a(x), UNNEST(sequence(1, 1000)) AS b(y)"
    aws.run(f"CREATE TABLE {name}.t WITH ({properties}) AS SELECT rand() AS r FROM {numbers}")
    aws.client("athena").create_work_group(Name=name, Configuration={"BytesScannedCutoffPerQuery": 10_000_000})
    slow = f'SELECT count(*) FROM "{name}"."t" AS a, "{name}"."t" AS b WHERE a.r < b.r'
    for place, told in (
        (AthenaPlace("us-east-1", name, PLACE.output), f"the workgroup {name} allows"),
        (AthenaPlace("us-east-1", "primary", PLACE.output, scan_limit=1_000_000), "1,000,000 bytes of TRIBUTARY_"),
    ):
        with pytest.raises(StatementError, match=told) as stopped, AthenaTransport(place).run(slow, NOBODY):
            pass
        assert stopped.value.name == SCAN_LIMIT


def test_throttled_statements_are_tried_again(aws: RunningAws) -> None:
    throttle = Throttle(2.0, burst=1)
    with AwsLocal(aws.server.trino_url, throttle=throttle) as throttled:
        place = AthenaPlace("us-east-1", "primary", f"s3://{BUCKET}/x", throttled.url)
        transport, found = AthenaTransport(place), []

        def ask(number: int) -> None:
            with transport.run(f"SELECT {number} AS x", NOBODY) as result:
                found.extend(result.rows)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(found) == [(0,), (1,), (2,), (3,)]
    assert time.monotonic() - began > 1, "the throttle had its say"


@pytest.mark.usefixtures("aws")
def test_refusals_are_athenas_own_words_and_nobody_there_is_told() -> None:
    with (
        pytest.raises(StatementError, match="'nope' cannot be resolved") as refused,
        AthenaTransport(PLACE).run("SELECT nope", NOBODY),
    ):
        pass
    assert refused.value.name == "COLUMN_NOT_FOUND"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tributary.resources.warehouse.iceberg.athena._ATTEMPTS", 1)
        nobody = AthenaPlace("us-east-1", "primary", PLACE.output, "http://127.0.0.1:9")
        with (
            pytest.raises(UnreachableError, match="cannot be reached"),
            AthenaTransport(nobody).run("SELECT 1", NOBODY),
        ):
            pass
