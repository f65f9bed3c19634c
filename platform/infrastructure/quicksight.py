"""QuickSight: a source on Athena, a data set for each gold table with a chart, and one analysis of these charts.

Which tables and charts there are follows from the headers of models, by the platform's catalogue. Columns tagged `pii`
are in no data set.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_quicksight as quicksight

from infrastructure.athena import people_workgroup
from infrastructure.lake import ANSWERS, WAREHOUSE, Buckets
from infrastructure.roles import objects, use_key
from infrastructure.stages import Stage
from tributary.catalogue import Catalogue, ChartEntry, ColumnEntry, TableEntry, get_catalogue

LAYER = "gold"
_TYPES = {
    "text": "STRING",
    "integer": "INTEGER",
    "bigint": "INTEGER",
    "double": "DECIMAL",
    "decimal": "DECIMAL",
    "date": "DATETIME",
    "timestamp": "DATETIME",
    "boolean": "BOOLEAN",
}
_SIMPLE = re.compile(r"(sum|max|min|avg)\((\w+)\)")
_COUNT = "count(*)"
_OWNERS_OF_DATA = (
    "quicksight:DescribeDataSet",
    "quicksight:DescribeDataSetPermissions",
    "quicksight:PassDataSet",
    "quicksight:DescribeIngestion",
    "quicksight:ListIngestions",
)
_OWNERS_OF_SOURCE = (
    "quicksight:DescribeDataSource",
    "quicksight:DescribeDataSourcePermissions",
    "quicksight:PassDataSource",
)
_OWNERS_OF_ANALYSIS = (
    "quicksight:DescribeAnalysis",
    "quicksight:DescribeAnalysisPermissions",
    "quicksight:QueryAnalysis",
    "quicksight:UpdateAnalysis",
    "quicksight:DeleteAnalysis",
    "quicksight:RestoreAnalysis",
    "quicksight:UpdateAnalysisPermissions",
)


@dataclass(frozen=True)
class Drawn:
    """A chart as QuickSight draws it: a line or bars of a column, summed up another way by the other."""

    table: TableEntry
    title: str
    kind: str
    x: ColumnEntry
    y: ColumnEntry | None
    how: str


@lru_cache
def catalogue() -> Catalogue:
    """The platform's catalogue."""
    return get_catalogue()


def drawn_charts() -> list[Drawn]:
    """The charts of gold tables that are of plain columns; expressions over several are Tributary's own pages'."""
    return [found for table in catalogue().tables if table.layer == LAYER for found in _charts(table)]


def _charts(table: TableEntry) -> Iterator[Drawn]:
    shown = {one.name: one for one in columns_of(table)}
    for chart in table.charts:
        found = _read(chart, shown)
        if found is not None:
            x, y, how = found
            yield Drawn(table, chart.title, chart.kind, x, y, how)


def _read(chart: ChartEntry, shown: Mapping[str, ColumnEntry]) -> tuple[ColumnEntry, ColumnEntry | None, str] | None:
    x, simple = shown.get(chart.x), _SIMPLE.fullmatch(chart.y)
    if x is None:
        return None
    if chart.y == _COUNT:
        return x, None, "COUNT"
    if simple is None or simple[2] not in shown or kind_of(shown[simple[2]]) not in ("INTEGER", "DECIMAL"):
        return None
    return x, shown[simple[2]], {"avg": "AVERAGE"}.get(simple[1], simple[1].upper())


def columns_of(table: TableEntry) -> list[ColumnEntry]:
    """The columns of a data set: those without personal data."""
    return [column for column in table.columns if "pii" not in column.tags]


def kind_of(column: ColumnEntry) -> str:
    """The type of a column, as QuickSight calls it."""
    return _TYPES[column.type.partition("(")[0]]


def make_quicksight(stack: Stack, stage: Stage, buckets: Buckets, key: kms.Key) -> None:
    """Source, data sets and analysis, owned by the stage's group."""
    role = iam.Role(
        stack,
        "QuickSightRole",
        role_name=f"{stage.prefix}-quicksight",
        assumed_by=iam.ServicePrincipal(
            "quicksight.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": stage.account}}
        ),
    )
    policy = iam.Policy(stack, "QuickSightPolicy", roles=[role], statements=_may(stage, buckets, key))
    group = (
        f"arn:aws:quicksight:{stage.region}:{stage.account}:group/{stage.quicksight.namespace}/{stage.quicksight.group}"
    )
    source = quicksight.CfnDataSource(
        stack,
        "GoldSource",
        aws_account_id=stage.account,
        data_source_id=f"{stage.prefix}-gold",
        name=f"Tributary {stage.name}",
        type="ATHENA",
        data_source_parameters={"athenaParameters": {"workGroup": people_workgroup(stage), "roleArn": role.role_arn}},
        ssl_properties={"disableSsl": False},
        permissions=[_permission(group, _OWNERS_OF_SOURCE)],
    )
    source.node.add_dependency(policy)
    charts = drawn_charts()
    tables = {one.table.key: one.table for one in charts}
    sets = {key_: _data_set(stack, stage, table, source.attr_arn, group) for key_, table in tables.items()}
    quicksight.CfnAnalysis(
        stack,
        "Analysis",
        aws_account_id=stage.account,
        analysis_id=f"{stage.prefix}-gold",
        name=f"Tributary {stage.name}: gold",
        permissions=[_permission(group, _OWNERS_OF_ANALYSIS)],
        definition=quicksight.CfnAnalysis.AnalysisDefinitionProperty(
            data_set_identifier_declarations=[
                {"identifier": name, "dataSetArn": one.attr_arn} for name, one in sets.items()
            ],
            sheets=list(_sheets(charts)),
        ),
    )


def _may(stage: Stage, buckets: Buckets, key: kms.Key) -> list[iam.PolicyStatement]:
    base, bucket = f"arn:aws:glue:{stage.region}:{stage.account}", buckets.data
    workgroup = f"arn:aws:athena:{stage.region}:{stage.account}:workgroup/{people_workgroup(stage)}"
    return [
        iam.PolicyStatement(
            actions=[
                "athena:GetWorkGroup",
                "athena:StartQueryExecution",
                "athena:GetQueryExecution",
                "athena:GetQueryResults",
                "athena:GetQueryResultsStream",
                "athena:StopQueryExecution",
            ],
            resources=[workgroup],
        ),
        iam.PolicyStatement(
            actions=["glue:GetDatabase", "glue:GetTable", "glue:GetTables", "glue:GetPartitions"],
            resources=[f"{base}:catalog", f"{base}:database/{LAYER}", f"{base}:table/{LAYER}/*"],
        ),
        iam.PolicyStatement(actions=["s3:GetBucketLocation", "s3:ListBucket"], resources=[bucket.bucket_arn]),
        iam.PolicyStatement(actions=["s3:GetObject"], resources=[objects(bucket, f"{WAREHOUSE}/{LAYER}")]),
        iam.PolicyStatement(
            actions=["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
            resources=[objects(bucket, f"{ANSWERS}/{people_workgroup(stage)}")],
        ),
        use_key(key),
    ]


def _data_set(stack: Stack, stage: Stage, table: TableEntry, source: str, group: str) -> quicksight.CfnDataSet:
    name = table.key.partition(".")[2]
    own = "".join(part.capitalize() for part in name.split("_"))
    columns = [{"name": one.name, "type": kind_of(one)} for one in columns_of(table)]
    relation = {
        "dataSourceArn": source,
        "catalog": "AwsDataCatalog",
        "schema": LAYER,
        "name": name,
        "inputColumns": columns,
    }
    return quicksight.CfnDataSet(
        stack,
        f"{own}Set",
        aws_account_id=stage.account,
        data_set_id=f"{stage.prefix}-{name.replace('_', '-')}",
        name=name,
        # Asked when somebody looks, so that it is never older than the table.
        import_mode="DIRECT_QUERY",
        physical_table_map={"table": {"relationalTable": relation}},
        permissions=[_permission(group, _OWNERS_OF_DATA)],
    )


def _permission(group: str, actions: Sequence[str]) -> dict[str, object]:
    return {"principal": group, "actions": list(actions)}


def _sheets(charts: Sequence[Drawn]) -> Iterator[dict[str, object]]:
    for source in dict.fromkeys(one.table.source for one in charts):
        visuals = [_visual(number, one) for number, one in enumerate(charts) if one.table.source == source]
        yield {"sheetId": source, "name": source.capitalize(), "visuals": visuals}


def _visual(number: int, chart: Drawn) -> dict[str, object]:
    kind = "lineChartVisual" if chart.kind == "line" else "barChartVisual"
    fields = {"category": [_dimension(number, chart)], "values": [_measure(number, chart)]}
    name = "lineChartAggregatedFieldWells" if chart.kind == "line" else "barChartAggregatedFieldWells"
    title = {"visibility": "VISIBLE", "formatText": {"plainText": f"{chart.title} ({chart.table.key})"}}
    return {
        kind: {
            "visualId": f"visual-{number}",
            "title": title,
            "chartConfiguration": {"fieldWells": {name: fields}},
        }
    }


def _dimension(number: int, chart: Drawn) -> dict[str, object]:
    column = {"columnName": chart.x.name, "dataSetIdentifier": chart.table.key}
    kind = {
        "DATETIME": "dateDimensionField",
        "STRING": "categoricalDimensionField",
        "BOOLEAN": "categoricalDimensionField",
    }
    return {kind.get(kind_of(chart.x), "numericalDimensionField"): {"fieldId": f"x-{number}", "column": column}}


def _measure(number: int, chart: Drawn) -> dict[str, object]:
    named = chart.y or chart.x
    column = {"columnName": named.name, "dataSetIdentifier": chart.table.key}
    if chart.y is None and kind_of(named) in ("STRING", "BOOLEAN"):
        field = {"fieldId": f"y-{number}", "column": column, "aggregationFunction": chart.how}
        return {"categoricalMeasureField": field}
    if chart.y is None and kind_of(named) == "DATETIME":
        return {"dateMeasureField": {"fieldId": f"y-{number}", "column": column, "aggregationFunction": chart.how}}
    how = {"simpleNumericalAggregation": chart.how}
    return {"numericalMeasureField": {"fieldId": f"y-{number}", "column": column, "aggregationFunction": how}}
