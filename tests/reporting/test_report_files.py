"""What a report's file may say: each mistake is refused with its line, and what is sound is all that others need."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tests.reporting.asking import ITEMS, TEXT, load, write

from tributary.assets.factory.errors import ModelError
from tributary.assets.factory.flow import ModelLineage
from tributary.assets.factory.inheritance import inherit_tags
from tributary.assets.factory.model_files import ModelFolders
from tributary.assets.factory.model_reading import load_models
from tributary.assets.reporting.declaration import Choice, Group, Limits, Parameter, Rule, Show, reports_of
from tributary.assets.reporting.json_schema import json_schema
from tributary.assets.source import SourceColumn
from tributary.model_store import HANDED_DOWN, load_models_kept
from tributary.resources.warehouse.checks import Expression, Unique

TABLES = {ITEMS.key: ITEMS}


def test_a_report_is_all_that_its_file_says(tmp_path: Path) -> None:
    report = load(tmp_path)
    assert (report.name, report.source, report.title) == ("matching", "shop", "Matching bills")
    match, lines = report.parameters["match"], report.parameters["lines"]
    assert isinstance(match, Parameter)
    assert match.choices is not None
    assert match.choices.offered == (Choice("all", "every line"), Choice("any", "any line"))
    assert match.default == "all"
    assert isinstance(lines, Group)
    assert (lines.least, lines.most, list(lines.fields)) == (1, 5, ["code", "least", "most", "weight"])
    since = report.parameters["since"]
    assert isinstance(since, Parameter)
    assert (since.required, since.most) == (False, date(2030, 12, 31))
    assert report.rules[0] == Rule("least <= most", "most", "must not be below the least", "lines")
    assert report.limits == Limits(60, 1000)
    assert report.show == Show(("bill", "note"), (("weight", True), ("bill", False)))
    assert report.rows.key == "reports.matching"
    assert report.rows.checks == (Unique(("bill", "code")), Expression("weight >= 0", severity="warn"))
    assert report.is_ordered


def test_its_rows_are_a_table_of_all_requests_that_models_may_read(tmp_path: Path) -> None:
    write(tmp_path)
    summary = tmp_path / "shop" / "gold" / "summary.sql"
    summary.parent.mkdir()
    summary.write_text(
        "/*\ndescription: Summary.\ngrain: one row a request\ncolumns:\n"
        '  request_id: {type: text, description: "Request."}\n  bills: {type: bigint, description: "Bills."}\n'
        '  owner: {type: text, description: "An owner."}\n*/\n'
        "select request_id, count(*) as bills, min(owner) as owner from staged.report_matching group by request_id\n"
    )
    models = load_models(tmp_path, [ITEMS])
    table = models["staged.report_matching"].table
    assert table.column_names[:3] == ("request_key", "request_id", "bill")
    assert table.checks[0] == Unique(("request_key", "bill", "code"), title="unique_bill_code")
    lineage = ModelLineage({ITEMS.key: ITEMS, **{key: model.table for key, model in models.items()}})
    assert lineage.of(models["gold.summary"])["owner"] == (SourceColumn("staged.report_matching", "owner"),)
    found = lineage.of(models["staged.report_matching"])
    assert found["weight"] == (SourceColumn("staged.items", "weight"),)
    assert found["note"] == ()
    # What is personal in the warehouse is so in the rows of requests, and in what is made of them.
    tagged = inherit_tags(models, {ITEMS.key: ITEMS}, lineage.of)
    assert "pii" in tagged["gold.summary"].table.column("owner").tags
    [report] = reports_of(tagged, {ITEMS.key: ITEMS}).values()
    assert report.has_pii
    assert [column.name for column in report.columns if "pii" in column.tags] == ["owner"]


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("title: Matching bills\n", "", 2, "title is missing"),
        ("title: Matching bills\n", "title: x\nkind: view\n", 3, "kind: a report's rows are made anew"),
        ("title: Matching bills\n", "title: x\nwindow: {column: id}\n", 3, "leave it out"),
        ("  note: {type: text, label", "  note: {type: text, lable", 8, "unknown key parameters.note.lable; did you"),
        ("type: date, label", "type: day, label", 7, "since: 'day' is not a column type"),
        ("  note: {", "  Note: {", 8, "'Note' cannot name"),
        ("  note: {", "  user: {", 8, "user is a word that SQL"),
        ("      code: {type: text", "      line_no: {type: text", 14, "line_no is a word that SQL, or a report"),
        ("default: all}", "default: some}", 6, "match: default is none of the values that are offered"),
        ("max: 2030-12-31", "max: soon", 7, "since: max must be a date"),
        ("min: 1, default: 1}", "min: 1, default: 0}", 15, "least: default must be at least 1"),
        ("min: 1, default: 1}", "min: x, default: 1}", 15, "least: min must be a whole number"),
        ("max: 12}", "min: 13, max: 12}", 8, "note: min 13 is above max 12"),
        ("repeated: {max: 5}", "repeated: {min: 6, max: 5}", 10, "lines: at most 5 lines are fewer than at least 6"),
        ("repeated: {max: 5}", "repeated: {mx: 5}", 12, "unknown key parameters.lines.repeated.mx; did you mean max?"),
        ("    repeated: {max: 5}\n", "", 10, "repeated is missing from parameters.lines"),
        ("choices: {from: staged.items.code}", "choices: {from: staged.items}", 14, "choices come from a column"),
        ("staged.items.code}", "staged.items.cod}", 14, "choices come from staged.items.cod, which no asset makes"),
        ("staged.items.code}", "staged.items.code, label: nam}", 14, "staged.items.nam, which no asset makes"),
        ("label: \"Note\", ", "label: \"Note\", choices: [], ", 8, "note: choices are a list"),
        ("label: \"Note\", ", "label: \"Note\", choices: [1, b], ", 8, "note: a choice must be text"),
        ("label: \"Code\", ", "label: \"Code\", many: true, ", 14, "code cannot take many values within a group"),
        ("least <= most\"", "least <= mst\"", 19, "names mst, which is not one of its columns; did you mean most?"),
        ("least <= most\"", "least <= least + length(code)\"", 19, "LENGTH(code) is more than a rule can say"),
        ("least <= most\"", "least <= \"", 19, "is no SQL expression"),
        ("in: lines, at: most", "in: line, at: most", 19, "line is no group of parameters; did you mean lines?"),
        ("at: most,", "at: note,", 19, "note is no parameter that the rule can stand beside"),
        ("limits: {seconds: 60", "limits: {seconds: 0", 21, "limits.seconds"),
        ("columns: [bill, note]", "columns: [bil, note]", 22, "show names bil, which is not one of its"),
        ("sort: [weight desc", "sort: [weight down", 22, "'weight down' sorts by nothing"),
        ("  since: {type", "  sins: {type: text, label: x}\n  since: {type", 7, "sins is asked, but the SELECT"),
        ("    :note as note", "    :nte as note", 58, "nte is no parameter; did you mean note? [parameter]"),
        ("(select value from request.bills)", "(select value from request.bils)", 62, "request.bils is no group"),
        ("(select value from request.bills)", "(select val from request.bills)", 62, "has a column val; did you mean"),
        ("line.code = item.code", "line.cod = item.code", 41, "line has no column cod; did you mean code?"),
        ("    :note as note", "    :since - date '2024-01-01' as note", 58, ":since - CAST("),
        ("    :note as note", "    ? as note", 58, "? is no parameter"),
        ("    :note as note", "    '{{ note }}' || {{ note }} as note", 58, "is a template"),
        ("  owner: {type", "  request_id: {type: text, description: x}\n  owner: {type", 1, "request_id more"),
        ("select count(*) from request.lines", "select count(*) from staged.report_matching", 50, "reads the table"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, line: int, problem: str) -> None:
    assert old in TEXT
    with pytest.raises(ModelError) as caught:
        load(tmp_path, TEXT.replace(old, new, 1))
    told = {(one.line, one.problem) for one in caught.value.all}
    assert any(at == line and problem in text for at, text in told), told


@pytest.mark.parametrize(("name", "problem"), [("saved", "has a meaning of"), ("x" * 45, "cannot name a table")])
def test_a_name_that_a_report_cannot_have_is_refused(tmp_path: Path, name: str, problem: str) -> None:
    write(tmp_path, name=name)
    with pytest.raises(ModelError, match=problem):
        load_models(tmp_path, [ITEMS])


def test_two_reports_of_one_name_are_one_too_many(tmp_path: Path) -> None:
    write(tmp_path)
    other = tmp_path / "zoo" / "reports" / "matching.sql"
    other.parent.mkdir(parents=True)
    other.write_text(TEXT)
    with pytest.raises(ModelError, match="made twice; rename this file or shop/reports/matching"):
        load_models(tmp_path, [ITEMS])


def test_a_model_that_is_no_report_asks_nothing(tmp_path: Path) -> None:
    path = tmp_path / "shop" / "gold" / "plain.sql"
    path.parent.mkdir(parents=True)
    header = '/*\ndescription: x\ngrain: x\ncolumns:\n  bill: {type: integer, description: "Bill."}\n'
    path.write_text(header + "*/\nselect bill from staged.items where bill = :bill")
    with pytest.raises(ModelError, match=r"7: :bill is a parameter; write the value itself. \[parameter\]"):
        load_models(tmp_path, [ITEMS])
    path.write_text(header + 'parameters: {a: {type: text, label: "A"}}\n*/\nselect bill from staged.items')
    with pytest.raises(ModelError, match="6: unknown key parameters"):
        load_models(tmp_path, [ITEMS])


def test_a_broken_report_stops_nobody_and_is_stood_in_for_by_its_last_sound_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(HANDED_DOWN, raising=False)
    root, home = tmp_path / "sql", tmp_path / "home"
    write(root, name="other")
    path = write(root, TEXT.replace("matching", "?"))
    sound = load_models_kept(ModelFolders.under(root), [ITEMS], home)
    path.write_text(TEXT.replace(":since", ":sinse"))
    found = load_models_kept(ModelFolders.under(root), [ITEMS], home)
    assert set(reports_of(found.models, TABLES)) == {"matching", "other"}
    assert reports_of(found.models, TABLES)["matching"].digest == reports_of(sound.models, TABLES)["matching"].digest
    assert set(found.refused) == {"staged.report_matching"}
    assert "matching.sql:61: sinse is no parameter; did you mean since?" in found.refused["staged.report_matching"]
    path.unlink()
    write(root, "/*\nhalf", "third")
    found = load_models_kept(ModelFolders.under(root), [ITEMS], home)
    assert set(reports_of(found.models, TABLES)) == {"other"}
    assert set(found.stubs) == {"staged.report_third"}


def test_programs_are_told_by_a_json_schema(tmp_path: Path) -> None:
    schema = json_schema(load(tmp_path))
    assert schema["required"] == ["lines"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["match"]["oneOf"][1] == {"const": "any", "title": "any line"}
    assert schema["properties"]["since"]["type"] == ["string", "null"]
    assert schema["properties"]["since"]["formatMaximum"] == "2030-12-31"
    lines = schema["properties"]["lines"]
    assert (lines["minItems"], lines["maxItems"], lines["items"]["required"]) == (1, 5, ["code", "most"])
    assert lines["items"]["properties"]["least"]["default"] == 1
    assert lines["items"]["properties"]["code"]["x-tributary-choices"] == "staged.items.code"
