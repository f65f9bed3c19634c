"""`tributary test`: runs the unit tests of models, which stand beside their files; nothing is written anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tributary.assets.factory.errors import ModelError
from tributary.assets.factory.model_files import key_of
from tributary.assets.sources import get_sources
from tributary.cli.console import out, sentence
from tributary.cli.selecting import meant
from tributary.cli.tables import Heading, print_rows
from tributary.contents import read_contents
from tributary.resources.settings import get_settings
from tributary.resources.wording import count

if TYPE_CHECKING:
    from tributary.assets.unit_tests.running import Outcome, Row


def unit_tests(selections: Sequence[str], exclude: Sequence[str], against: str) -> int:
    """Run the tests of all models, or of those that are meant; 1 where one failed or cannot be read.

    A model whose file is refused fails: the last sound text, which stands in for it elsewhere, is not what is tested.
    """
    from tributary.assets.unit_tests.declared import read_tests
    from tributary.assets.unit_tests.running import run_test
    from tributary.resources.warehouse.opening import open_warehouse

    settings = get_settings()
    contents = read_contents(get_sources(), settings.home)
    reports = {report.table.key: report for report in contents.reports.values()}
    chosen = {one.key for one in meant(selections, exclude, against)}
    refused = [error for error in contents.found.errors if key_of(error.path, contents.folders) in chosen]
    for problem in refused:
        sentence(str(problem))
    paths = {problem.path for problem in refused}
    every = {**contents.models, **{key: report.model for key, report in reports.items()}}
    models = [model for key, model in every.items() if key in chosen and model.path not in paths]
    if selections and not models and not refused:
        out.print("[yellow]↷[/] None of what is selected is a model: there is nothing to test.")
        return 0
    warehouse = open_warehouse(settings)
    run, failed = 0, len(paths)
    without = []
    for model in models:
        try:
            tests = read_tests(model, contents.tables, contents.model_lineage, contents.seeds)
        except ModelError as error:
            failed += 1
            for problem in error.all:
                sentence(str(problem))
            continue
        if not tests:
            without.append(model.key)
        for one in tests:
            outcome = run_test(warehouse, one, reports.get(model.key))
            _tell(outcome)
            run, failed = run + 1, failed + (not outcome.passed)
    if without and selections:
        out.print(f"[yellow]↷[/] Without a test: {', '.join(without)}.")
    elif without:
        out.print(f"[yellow]↷[/] Without a test: {count(len(without), 'model')}.")
    told = f"{failed} failed" if failed else "all passed"
    out.print(f"{count(run, 'test')} of {count(len(models) - len(without), 'model')}: {told}.")
    return 1 if failed else 0


def _tell(outcome: Outcome) -> None:
    test = outcome.test
    mark = "[green]✓[/]" if outcome.passed else "[bold red]✗[/]"
    out.print(f"{mark} {test.model.key}: ", end="")
    out.print(test.name, markup=False, soft_wrap=True)
    if outcome.refused:
        out.print(f"  {outcome.refused}", markup=False, soft_wrap=True)
    elif not outcome.passed:
        headings = [Heading(""), *map(Heading, test.columns)]
        rows = [*_marked("expected", test.columns, outcome.missing), *_marked("made", test.columns, outcome.unexpected)]
        print_rows(headings, rows)
    if test.silent:
        told = ", ".join(map(".".join, test.silent))
        out.print(f"  [yellow]Left out, so null, though they decide which rows there are:[/] {told}", soft_wrap=True)


def _marked(word: str, columns: Sequence[str], rows: Sequence[Row]) -> list[list[str | None]]:
    return [[word, *(None if row[name] is None else str(row[name]) for name in columns)] for row in rows]
