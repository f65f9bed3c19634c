"""`tributary plan`: what `materialize` would make of a selection, in which runs, why, and for about how long.

The plan is the one that `materialize` carries out; nothing is run and nothing is written.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from rich.text import Text

from tributary.asset_records import open_records
from tributary.catalogue import get_catalogue
from tributary.cli.console import check_format, out
from tributary.cli.materialize import Wanted, context_of, known_of, ready, tell_plan
from tributary.freshness import Why
from tributary.resources.settings import get_settings
from tributary.resources.wording import duration
from tributary.services import load_services

if TYPE_CHECKING:
    from tributary.asset_graph import AssetGraph
    from tributary.asset_records import Records
    from tributary.model_changes import Change
    from tributary.plan import Planned, Step

FORMATS = ("table", "json")
_NAMED = 2
_SIGNS = {"make": ("+", "green"), "look": ("?", "cyan"), "stand": ("=", "dim"), "refuse": ("✗", "bold red")}
_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


class Edit(NamedTuple):
    """What became of a model's file since it made the rows: a diff, what that does to rows, and whom it reaches.

    `affects` are the columns downstream that may hold other values, by table. Of a text that is not kept there is no
    diff.
    """

    diff: str
    change: Change
    affects: Mapping[str, set[str]]


def plan(output: str, **told: object) -> int:
    """Show the plan."""
    check_format(output, FORMATS)
    settings, wanted = get_settings(), Wanted(**told)  # type: ignore[arg-type]
    if settings.environment:
        from tributary.cli import environments

        return environments.plan(wanted, output)
    with ready(wanted, known_of(wanted)) as (databases, loaded, graph, asked):
        from tributary.instance.opening import open_instance
        from tributary.plan import Known, checked, planned, steps
        from tributary.planning import missing_upstream

        asked = checked(loaded.job, asked)
        with open_instance(settings, databases) as instance, open_records(graph, settings) as records:
            context = context_of(loaded, instance)
            taken = missing_upstream(context.job, instance, asked.keys, asked.partitions)
            found = planned(context, asked, taken)
            rows_of = {one.key: one.reads for one in get_catalogue().tables if one.reads}
            known = Known(graph, records.stale, records.failed, rows_of, records.seconds)
            runs = steps(found, known)
            samples = _samples(graph, records, [step.asset.key for run in runs for step in run])
            write(found, runs, graph, records, samples, output)
    return 1 if found.plan.unplanned else 0


def write(
    found: Planned,
    runs: Sequence[Sequence[Step]],
    graph: AssetGraph,
    records: Records,
    samples: Sequence[str],
    output: str,
) -> None:
    """Write a plan, with what changed in the files of its models."""
    edits = _edits(graph, records, [step for run in runs for step in run])
    if output == "json":
        told_of = _document(found, runs, edits, samples)
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(told_of)) + b"\n")
    else:
        _print(found, runs, edits, samples)


def _edits(graph: AssetGraph, records: Records, found: Sequence[Step]) -> dict[str, Edit]:
    """Of the models that are made as their code changed, what changed."""
    changed = [one.asset.key for one in found if any(why.how == "code" for why in one.reasons)]
    catalogue = get_catalogue()
    if not any(key in catalogue.by_key and catalogue.by_key[key].file for key in changed):
        return {}
    from tributary.assets.sources import get_sources
    from tributary.contents import read_contents
    from tributary.model_changes import ALL, Affected, change_of, diff
    from tributary.model_store import text_of

    home = get_settings().home
    contents, affected = read_contents(get_sources(), home), Affected(graph, catalogue)
    edits = {}
    for key in changed:
        model = contents.models.get(key)
        if model is not None:
            then = text_of(home / "models", records.made[key].code_version or "")
            name, now = contents.folders.name_of(model.path), text_of(home / "models", model.digest)
            if then is None or now is None:
                edits[key] = Edit("", ALL, affected.by(key, ALL))
            else:
                change = change_of(model, then, contents.folders, contents.model_lineage.schema(model))
                edits[key] = Edit(diff(name, then, now), change, affected.by(key, change))
    return edits


def _samples(graph: AssetGraph, records: Records, keys: Iterable[str]) -> list[str]:
    """The sources that have a sample, of which nothing was read yet: it is made first, where it is missing."""
    raw = {graph.by_key[key].source for key in keys if graph.by_key[key].layer == "raw"}
    read = {one.source for one in graph.assets if one.layer == "raw" and one.key in records.made}
    return sorted(name for name, one in load_services().items() if one.sample and name in raw - read)


def _same(runs: Sequence[Sequence[Step]], edits: Mapping[str, Edit]) -> set[str]:
    """What is made only since something is made before it that changes nothing that it reads."""
    reached = {table for edit in edits.values() for table in edit.affects}
    told: set[str] = set()
    same: set[str] = set()
    for step in (one for own in runs for one in own if one.does == "make"):
        key, ways = step.asset.key, {why.how for why in step.reasons}
        follows = all(why.of in told for why in step.reasons if why.how == "made before")
        if ways <= {"made before", "code"} and follows and ("code" not in ways or key in edits):
            told.add(key)
            same |= {key} if "code" not in ways and key not in reached else set()
    return same


def _print(found: Planned, runs: Sequence[Sequence[Step]], edits: Mapping[str, Edit], samples: Sequence[str]) -> None:
    if samples:
        out.print(
            f"Samples that are missing are made first, and what they hold is not known yet: {', '.join(samples)}."
        )
    tell_plan(found.plan)
    if found.made:
        out.print(f"[green]✓[/] Every partition of {found.made} was made.")
    taken, same = {".".join(key.path) for key in found.taken.keys}, _same(runs, edits)
    for number, (run, own) in enumerate(zip(found.plan.runs, runs, strict=True), 1):
        partitions = f", partitions {run.partitions}" if run.partitions.tags() else ""
        out.print(f"[bold]Run {number}[/]: {_counted(own)}{partitions}")
        for step in (one for one in own if one.does != "stand"):
            sign, style = _SIGNS[step.does]
            why = [*_spoken(step.reasons), *(["taken along"] if step.asset.key in taken else [])]
            why += ["none of which alters its rows"] if step.asset.key in same else []
            seconds = f"  about {duration(step.seconds)}" if step.does == "make" and step.seconds else ""
            line = Text.assemble(
                (sign, style), f" {step.asset.key}", (f"  {', '.join(why)}" if why else "", "dim"), seconds
            )
            out.print(line, soft_wrap=True)
            if step.asset.key in edits:
                _print_edit(edits[step.asset.key])
    if not runs:
        out.print("Nothing is to be made.")
        return
    every = [step for own in runs for step in own if step.does == "make"]
    unknown = sum(step.seconds is None for step in every)
    told = f"; {unknown} of them were never made, and are not counted" if unknown else ""
    lasting = f", in about {duration(sum(step.seconds or 0 for step in every))}" if len(every) > unknown else ""
    out.print(f"{len(every)} to make{lasting}{told}.")


def _spoken(reasons: Sequence[Why]) -> list[str]:
    """The reasons in words; what was never made needs no other, and partitions are told of the run."""
    if any(why.how == "never made" for why in reasons):
        return ["never made"]
    before = [why.of for why in reasons if why.how == "made before"]
    told = [str(why) for why in reasons if why.how not in ("made before", "partitions")]
    if len(before) > _NAMED:
        return [*told, f"{', '.join(before[:_NAMED])} and {len(before) - _NAMED} more are made before it"]
    return [*told, *(str(Why("made before", one)) for one in before)]


def _counted(own: Sequence[Step]) -> str:
    words = {
        "make": "to make",
        "look": "to read from their source",
        "stand": "to leave as they are",
        "refuse": "refused",
    }
    counts = {word: sum(step.does == does for step in own) for does, word in words.items()}
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count)


def _print_edit(edit: Edit) -> None:
    for line in edit.diff.splitlines():
        out.print(Text(f"    {line}", _COLOURS.get(line[:1], "")), soft_wrap=True)
    if not edit.diff:
        out.print("    The text that made the rows is not kept.", style="dim")
    reached = [f"{table} ({', '.join(sorted(names))})" if names else table for table, names in edit.affects.items()]
    kind = "Breaking" if edit.change.breaks else "Not breaking"
    whom = f", which reaches {'; '.join(sorted(reached))}" if reached else ", which nothing reads" * edit.change.breaks
    out.print(
        Text(f"    {kind}: it {edit.change}{whom}.", "yellow" if edit.change.breaks and reached else ""), soft_wrap=True
    )


def _document(
    found: Planned, runs: Sequence[Sequence[Step]], edits: Mapping[str, Edit], samples: Sequence[str]
) -> Mapping[str, Any]:
    same = _same(runs, edits)
    return {
        "runs": [
            {
                "partitions": str(run.partitions) or None,
                "assets": [_told(step, edits.get(step.asset.key), step.asset.key in same) for step in own],
            }
            for run, own in zip(found.plan.runs, runs, strict=True)
        ],
        "taken_along": sorted(".".join(key.path) for key in found.taken.keys),
        "nothing_due": found.plan.nothing_due,
        "unplanned": found.plan.unplanned,
        "samples": samples,
    }


def _told(step: Step, edit: Edit | None, same: bool) -> Mapping[str, Any]:
    told: dict[str, Any] = {
        "key": step.asset.key,
        "does": step.does,
        "why": [{"why": why.how, **({"of": why.of} if why.of else {})} for why in step.reasons],
        "seconds": step.seconds,
        "same_rows": step.does == "stand" or same,
    }
    if edit is not None:
        change = edit.change
        told["change"] = {
            "breaking": change.breaks,
            "rows": change.rows,
            "changed": change.changed,
            "added": change.added,
            "removed": change.removed,
            "affects": {table: sorted(names) for table, names in sorted(edit.affects.items())},
            "diff": edit.diff or None,
        }
    return told
