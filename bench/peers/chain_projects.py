"""The chain of trivial models as a project of each tool, with the same SELECTs and the same two tests a model."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bench.chain import MODELS, SCHEMA, select, table, write_models

MIDDLE = MODELS // 2

_DBT_PROJECT = """\
name: chain
profile: chain
model-paths: [models]
flags: {send_anonymous_usage_stats: false, version_check: false}
models: {chain: {+materialized: table}}
"""
_DBT_PROFILE = """\
chain:
  target: bench
  outputs:
    bench: {{type: postgres, host: {host}, port: {port}, user: {user}, pass: "", dbname: {name}, schema: gold,
             threads: 4}}
"""
_DBT_TESTS = "  - {{name: {name}, columns: [{{name: id, data_tests: [unique, not_null]}}]}}\n"
_SQLMESH_CONFIG = """\
gateways:
  bench:
    connection: {{type: postgres, host: {host}, port: {port}, user: {user}, password: "", database: {name}}}
default_gateway: bench
disable_anonymized_analytics: true
model_defaults: {{dialect: postgres, start: 2026-01-01}}
"""
_SQLMESH_MODEL = """\
MODEL (name {name}, kind FULL, audits (unique_values(columns := (id)), not_null(columns := (id))));
{select}
"""


class Project:
    """A folder with the chain as a tool reads it."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder = folder
        self.models = folder / "models"
        self.database = database
        self.last = MODELS
        """What the one row of the last model's table is, as the project's models say."""

    def write(self, address: str) -> None:
        """Make the folder anew, for the database at `address`."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self._write(address)
        self.last = MODELS

    def change(self, number: int) -> None:
        """Have the model in the middle make other rows than ever before; `number` is another one each time."""
        path = self.models / f"{table(MIDDLE)}.sql"
        text = path.read_text(encoding="utf-8")
        head, _, tail = text.rpartition("select id + ")
        path.write_text(f"{head}select id + {number} {tail[tail.index('as id') :]}", encoding="utf-8")
        self.last = MODELS - 1 + number

    def _write(self, address: str) -> None:
        raise NotImplementedError


class OwnProject(Project):
    """Ours: a project with one source that has nothing but models."""

    def _write(self, address: str) -> None:  # noqa: ARG002 - settings tell ours where its databases are
        self.models = write_models(self.folder)


class DbtProject(Project):
    """dbt's: tables, and its generic tests."""

    def _write(self, address: str) -> None:
        self.models.mkdir()
        _put(self.folder / "dbt_project.yml", _DBT_PROJECT)
        _put(self.folder / "profiles.yml", _DBT_PROFILE.format(**_parts(address)))
        tests = "".join(_DBT_TESTS.format(name=table(number)) for number in range(1, MODELS + 1))
        _put(self.models / "schema.yml", f"models:\n{tests}")
        for number in range(1, MODELS + 1):
            before = table(number - 1)
            text = select(number).replace(f"{SCHEMA}.{before}", "{{ ref('" + before + "') }}")
            _put(self.models / f"{table(number)}.sql", f"{text}\n")


class SqlmeshProject(Project):
    """SQLMesh's: models of kind FULL with audits; its state is in the same database."""

    def _write(self, address: str) -> None:
        self.models.mkdir()
        _put(self.folder / "config.yaml", _SQLMESH_CONFIG.format(**_parts(address)))
        for number in range(1, MODELS + 1):
            name = f"{SCHEMA}.{table(number)}"
            _put(self.models / f"{table(number)}.sql", _SQLMESH_MODEL.format(name=name, select=select(number)))


def _parts(address: str) -> dict[str, str]:
    """What a profile tells of a Postgres URL: host (here a socket's folder), port, user and database."""
    url = urlsplit(address)
    query = parse_qs(url.query)
    host = query["host"][0] if "host" in query else url.hostname or "localhost"
    port = query["port"][0] if "port" in query else str(url.port or 5432)
    return {"host": host, "port": port, "user": url.username or "postgres", "name": url.path.strip("/")}


def _put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
