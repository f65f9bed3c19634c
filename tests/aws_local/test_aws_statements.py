"""What Athena refuses, and what it words otherwise than the Trino behind it."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from tests.running_aws import BUCKET, RunningAws

pytestmark = pytest.mark.xdist_group("aws")


def _ctas(database: str, table: str, query: str, more: str = "") -> str:
    location = f"s3://{BUCKET}/{database}/{table}"
    given = f"table_type='ICEBERG', is_external=false, location='{location}'{more}"
    return f'CREATE TABLE "{database}"."{table}" WITH ({given}) AS {query}'


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE OR REPLACE TABLE a.b WITH (format='PARQUET') AS SELECT 1 AS x",
        "ALTER TABLE a.b EXECUTE optimize",
        "CALL system.register_table('a', 'b', 'c')",
        "CREATE BRANCH b IN TABLE a.b",
        "SET SESSION query_max_run_time = '1s'",
        "TRUNCATE TABLE a.b",
        "COMMENT ON TABLE a.b IS 'x'",
        "CREATE TABLE a.b AS SELECT 1 AS x",
        "CREATE TABLE a.b WITH (table_type='ICEBERG', is_external=false) AS SELECT 1 AS x",
        "CREATE TABLE a.b WITH (table_type='ICEBERG', location='s3://b/c') AS SELECT 1 AS x",
        "CREATE TABLE a.b (x int) LOCATION 's3://b/c'",
        'DROP TABLE "a"."b"',
        "UNLOAD (SELECT 1 AS x) TO 's3://b/c' WITH (format='JSON')",
        "UNLOAD SELECT 1",
        "OPTIMIZE a.b",
        "SELECT 1; SELECT 2",
        "SELECT 'unended",
        " -- nothing",
        "SELECT '" + "x" * 262_144 + "'",
    ],
    ids=lambda sql: sql[:32],
)
def test_what_athena_has_not_does_not_start(aws: RunningAws, sql: str) -> None:
    with pytest.raises(ClientError) as refused:
        aws.start(sql)
    assert refused.value.response["Error"]["Code"] == "InvalidRequestException"


def test_a_comment_goes_before_a_query_but_not_before_ddl(aws: RunningAws) -> None:
    assert aws.run("/* who */ SELECT 1 -- asks;\n") == [["1"]]
    assert "ParseException" in aws.fails("-- who asks\nDROP TABLE IF EXISTS a.b")


def test_tables_in_hives_grammar_are_iceberg_tables_of_exact_types(aws: RunningAws) -> None:
    name = aws.database()
    aws.run(
        f"CREATE TABLE {name}.t (`at` timestamp COMMENT 'when', who string, n decimal(12,2)) "
        f"PARTITIONED BY (day(`at`), bucket(4, who)) LOCATION 's3://{BUCKET}/{name}/t' "
        "TBLPROPERTIES ('table_type'='ICEBERG', 'format'='parquet', 'vacuum_max_snapshot_age_seconds'='60')"
    )
    aws.run(f"INSERT INTO {name}.t VALUES (TIMESTAMP '2020-02-03 04:05:06.123456', 'é', 1.5)")
    assert aws.run(f"SELECT cast(at AS varchar), who, n FROM {name}.t") == [["2020-02-03 04:05:06.123456", "é", "1.50"]]
    assert aws.run(f'SELECT partition.at_day, partition.who_bucket IS NOT NULL FROM {name}."t$partitions"') == [
        ["2020-02-03", "true"]
    ]
    aws.run(f"DROP TABLE `{name}`.`t`")
    assert aws.run(f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{name}'") == []


def test_tables_are_compacted_and_old_snapshots_go(aws: RunningAws) -> None:
    name = aws.database()
    aws.run(_ctas(name, "t", "SELECT 1 AS x"))
    for number in (2, 3):
        aws.run(f"INSERT INTO {name}.t VALUES {number}")
    files = f'SELECT count(*) FROM {name}."t$files"'
    assert aws.run(files) == [["3"]]
    aws.run(f"OPTIMIZE {name}.t REWRITE DATA USING BIN_PACK")
    assert aws.run(files) == [["1"]]
    snapshots = f'SELECT count(*) FROM {name}."t$snapshots"'
    before = aws.run(snapshots)
    aws.run(f"VACUUM {name}.t")
    assert aws.run(snapshots) == before, "none is five days old"
    assert aws.run(f"SELECT sum(x) FROM {name}.t") == [["6"]]


def test_a_statement_writes_a_hundred_partitions_at_most(aws: RunningAws) -> None:
    name = aws.database()
    query = "SELECT x FROM UNNEST(sequence(1, {})) AS t(x)"
    aws.run(_ctas(name, "fits", query.format(100), ", partitioning=ARRAY['x']"))
    reason = aws.fails(_ctas(name, "more", query.format(101), ", partitioning=ARRAY['x']"))
    assert "Exceeded limit of 100 open writers for partitions" in reason


def test_views_are_those_of_trino(aws: RunningAws) -> None:
    name = aws.database()
    for number in (1, 2):
        aws.run(f'CREATE OR REPLACE VIEW "{name}"."v" AS SELECT {number} AS x')
        assert aws.run("SELECT x FROM v", QueryExecutionContext={"Database": name}) == [[str(number)]]
    aws.run(f'DROP VIEW "{name}"."v"')
