"""The staged table of the source `pledges`: the ornaments of all statements that count."""

from __future__ import annotations

from tributary.assets.factory.object_tables import SOURCE_OBJECT, ObjectTable
from tributary.assets.pledges.files import CONTRACT, FILES
from tributary.assets.pledges.reading import CODE_VERSION, read_statement
from tributary.resources.warehouse.checks import Expression, NotNull
from tributary.resources.warehouse.delimited.contract import SOURCE_LINE
from tributary.resources.warehouse.table import Column, Table

RAW = "raw.csv_pledges"

ORNAMENTS = ObjectTable(
    table=Table(
        schema="staged",
        name="ornaments",
        description="The ornaments that were pledged, as the branches' statements tell them.",
        grain="one row a line of a bill",
        columns=(
            *(Column(column.name, column.type, column.description) for column in CONTRACT.columns),
            Column(SOURCE_OBJECT, "text", "File whose latest version says so: <branch>-<yyyy>-<mm>.csv."),
            Column(SOURCE_LINE, "bigint", "Line of that file; the header is line 1."),
        ),
        checks=(
            NotNull((*(column.name for column in CONTRACT.columns), SOURCE_OBJECT, SOURCE_LINE)),
            Expression("item_count > 0 and net_weight_g > 0 and purity_karat > 0", title="amounts_are_positive"),
            Expression("net_weight_g <= gross_weight_g", title="net_weight_is_within_gross"),
        ),
    ),
    source="pledges",
    upstream=RAW,
    objects=FILES.objects(),
    read=read_statement,
    code_version=CODE_VERSION,
    defined_in=__file__,
    kinds=("csv",),
    fields={**{column.name: (column.source,) for column in CONTRACT.columns}, SOURCE_LINE: ()},
    follows=True,
)
