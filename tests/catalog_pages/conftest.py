"""A small club's tables on a real warehouse, and the catalogue's pages over them by real HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.conftest import put
from tests.gateway.serving import served
from tests.report_pages.conftest import behind

from tributary.assets.source import Resource, Source, SourceColumn
from tributary.assets.sources import Sources
from tributary.dagster_client.asking import Asking, DagsterAway
from tributary.resources.gateway.patience import Limits
from tributary.resources.postgres.databases import connect
from tributary.resources.principal import Role
from tributary.resources.serving import Serving
from tributary.resources.settings import Settings
from tributary.resources.warehouse.base import Select
from tributary.resources.warehouse.checks import NotNull, Unique
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Column, Table
from tributary.web.catalog.app import create_pages
from tributary.web.catalog.known import Knowing

HOSTILE = "<script>window.hit = 1</script>"
PEOPLE = Table(
    "staged",
    "people",
    (
        Column("id", "integer", "Number."),
        Column("mail", "text", f"Where one writes to: {HOSTILE}", ("pii",)),
        Column("note", "text", 'What "they" said & meant.'),
        Column("left_on", "date", "Day."),
    ),
    f"Members of the club {HOSTILE}.",
    grain="one row a member",
    checks=(Unique(("id",)), NotNull(("left_on",), severity="warn")),
)
MEMBERS = [
    {"id": number, "mail": f"m{number}@club.example", "note": HOSTILE if number == 1 else None, "left_on": left}
    for number, left in ((1, None), (2, date(2024, 5, 1)), (3, None), (4, None))
]
WIDE = 70
HEADER = "/*\ndescription: {what}\ngrain: one row\ncolumns:\n{columns}{more}*/\n"
MODELS = {
    "core/dim_person": (
        "People who stayed.",
        {"id": "integer", "domain": "text"},
        "SELECT p.id, lower(p.mail) AS domain FROM staged.people AS p WHERE p.left_on IS NULL",
    ),
    "gold/domains": (
        "How many people write from where.",
        {"domain": "text", "people": "bigint"},
        "SELECT p.domain, count(p.id) AS people FROM core.dim_person AS p GROUP BY p.domain",
    ),
    "gold/wide": (
        "Numbers.",
        {f"c{place}": "integer" for place in range(WIDE)},
        f"SELECT {', '.join(f'p.id + {place} AS c{place}' for place in range(WIDE))} FROM core.dim_person AS p",
    ),
}
PAGE = 'pages.rows("gold.domains", order="domain")\npages.document(f"/people/{who}")\n'


def write_models(folder: Path) -> None:
    """The models' files."""
    for name, (what, columns, select) in MODELS.items():
        path = folder / f"{name}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        told = "".join(f"  {column}: {{type: {kind}, description: d}}\n" for column, kind in columns.items())
        more = "checks:\n  - not_null: [domain]\n" if name == "gold/domains" else ""
        path.write_text(HEADER.format(what=what, columns=told, more=more) + select + "\n")


class ToldDagster(Asking):
    """Dagster's server, as far as these pages ask it: of the one table that it knows three runs, and its checks."""

    def __init__(self) -> None:
        self.is_away = False

    def ask(self, query: str, variables: Mapping[str, Any], _fields: Mapping[str, Any]) -> dict[str, Any]:
        if self.is_away:
            raise DagsterAway("Dagster's server does not answer (ConnectError); it is started again.")
        if variables["key"]["path"] != ["staged", "people"]:
            nothing = {"assetNodeOrError": {"__typename": "AssetNotFoundError"}}
            return nothing | {f"c{index}": [] for index in range(len(variables) - 2)}
        if "assetNodeOrError" in query:
            made = [_made(number) for number in (3, 2, 1)]
            return {"assetNodeOrError": {"__typename": "AssetNode", "assetMaterializations": made}}
        return {
            "c0": [_checked("SUCCEEDED", "ERROR", 0), _checked("FAILED", "ERROR", 2)],
            "c1": [_checked("FAILED", "WARN", 3)],
        }


def _made(number: int) -> dict[str, Any]:
    told = [
        {"label": "dagster/row_count", "intValue": number * 1000},
        {"label": "bytes", "intValue": number * 1_500_000},
        {"label": "seconds", "floatValue": number / 4},
    ]
    day = 1_700_000_000_000 + number * 86_400_000
    return {"runId": f"run-{number}", "timestamp": str(day), "partition": None, "metadataEntries": told}


def _checked(status: str, severity: str, failures: int) -> dict[str, Any]:
    evaluation = {"severity": severity, "metadataEntries": [{"label": "failures", "intValue": failures}]}
    return {"runId": "run-3", "status": status, "timestamp": 1_700_300_000.0, "evaluation": evaluation}


@dataclass(frozen=True)
class Club:
    """What is behind the pages."""

    settings: Settings
    sources: Sources
    models: Path
    warehouse: PostgresWarehouse
    reader_url: str
    dagster: ToldDagster

    @contextmanager
    def site(self, role: Role = Role.VIEWER, *scopes: str, url: str = "") -> Iterator[str]:
        """The pages' address for somebody; `url` is of another database."""
        knowing = Knowing(self.settings.home, self.sources)
        pages = create_pages(self.settings, knowing, Serving(url or self.reader_url, patience=2), self.dagster)
        with served(behind(pages, role, *scopes), limits=Limits()) as found:
            yield found.url


@pytest.fixture(scope="package")
def club(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Club]:
    """The club; its wide table was never made."""
    folder = tmp_path_factory.mktemp("club")
    write_models(folder / "models")
    (folder / "pages").mkdir()
    (folder / "pages" / "who_writes.py").write_text(PAGE)
    source = Source(
        "club",
        tables=(PEOPLE,),
        lineage={"staged.people": {name: (SourceColumn("raw.people", name),) for name in PEOPLE.column_names}},
        models=folder / "models",
        pages=folder / "pages",
        resources=(Resource("/people/{id}", "core.dim_person", "A person"),),
    )
    settings = Settings(_env_file=None, home=tmp_path_factory.mktemp("home"))
    with connect(settings) as databases:
        warehouse = PostgresWarehouse(lambda: databases.url("warehouse"), lambda: databases.reader_url("warehouse"))
        put(warehouse, PEOPLE, MEMBERS)
        for key, types in (("core.dim_person", ("integer", "text")), ("gold.domains", ("text", "bigint"))):
            schema, name = key.split(".")
            _, columns, select = MODELS[f"{schema}/{name}"]
            declared = tuple(Column(one, kind, "d") for one, kind in zip(columns, types, strict=True))
            warehouse.replace(Table(schema, name, declared, "d"), Select(select))
        url = databases.reader_url("warehouse")
        yield Club(settings, Sources((source,), {}), folder / "models", warehouse, url, ToldDagster())


@pytest.fixture(scope="package")
def site(club: Club) -> Iterator[str]:
    """The pages' address, for a viewer who may not see personal data."""
    with club.site() as found:
        yield found


@pytest.fixture(scope="package")
def viewer(site: str) -> Iterator[httpx.Client]:
    """A viewer without a browser."""
    with httpx.Client(base_url=site, timeout=30, follow_redirects=True) as client:
        yield client
