"""What is told of problems: each once when it begins, once when it is over, whatever happens in between."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tributary.alerts.deciding import Known, decide
from tributary.problems import Found, Problem

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
EVERY = timedelta(seconds=60)
ADDRESS = "https://data.example.com"
RUN = Problem("Failed run", "retail", "It broke.", "/dagster/runs/r1", "", parts=("gold.a",), told_by=("Dagster",))
DOWN = Problem("Down", "daemon", "It is down.", "/platform/", "")
DISK = Problem("Disk", "Disk", "It is full.", "/platform/#disk", "")
OLD = Problem("Stale", "social", "It is old.", "/", "", bad=False, told_by=("Dagster", "The warehouse"))
ALL = (RUN, DOWN, DISK, OLD)


def looks(*found: Found) -> list[str]:
    """What is told after each look; nothing as an empty text."""
    known: Sequence[Known] = ()
    texts = []
    for number, one in enumerate(found):
        decided = decide(known, one, NOW + number * EVERY, EVERY, ADDRESS)
        known = decided.known
        texts.append(decided.message.body if decided.message else "")
    return texts


def at(*problems: Problem, silent: Sequence[str] = ()) -> Found:
    return Found(problems, frozenset(silent))


def expected(seen: Sequence[bool | None], patient: bool) -> list[str]:
    """The oracle: what is told of one problem, by the looks that see it, that do not, and that cannot know."""
    told: list[str] = []
    going, row, last = False, 0, None
    for one in seen:
        word = ""
        if one is not None:
            row = row + 1 if one == last else 1
            last = one
            if one and not going and row >= (2 if patient else 1):
                going, word = True, "begun"
            elif not one and going and row >= 2:
                going, word = False, "over"
        told.append(word)
    return told


STEP = st.tuples(st.sets(st.sampled_from(ALL)), st.sets(st.sampled_from(["Dagster", "The warehouse"])))


@settings(deadline=None, max_examples=150)
@given(st.lists(STEP, max_size=14))
def test_each_problem_is_told_once_and_once_when_it_is_over(steps: list[tuple[set[Problem], set[str]]]) -> None:
    found = [at(*(one for one in here if not away & set(one.told_by)), silent=tuple(away)) for here, away in steps]
    texts = looks(*found)
    for problem in ALL:
        seen = [None if away & set(problem.told_by) else problem in here for here, away in steps]
        told = [
            "begun" if f"{problem.kind}, {problem.subject}: " in text
            else "over" if f": {problem.kind}, {problem.subject}" in text else ""
            for text in texts
        ]  # fmt: skip
        assert told == expected(seen, patient=problem in (DOWN, OLD))


def test_all_of_a_look_is_one_message_with_sentences_and_links() -> None:
    first, *_, last = looks(at(RUN, DISK), at(RUN, DISK), at(DISK), at(DISK))
    assert first == (
        "Failed run, retail: It broke.\nhttps://data.example.com/dagster/runs/r1\n\n"
        "Disk, Disk: It is full.\nhttps://data.example.com/platform/#disk"
    )
    assert last == "Over, after 3 minutes: Failed run, retail (gold.a).\n\n1 problem goes on: https://data.example.com/"


def test_a_run_that_fails_for_the_same_assets_again_is_not_told_again_and_one_for_others_is() -> None:
    again = Problem("Failed run", "retail", "It broke again.", "/dagster/runs/r2", "", parts=("gold.a",))
    more = Problem("Failed run", "retail", "That too.", "/dagster/runs/r3", "", parts=("gold.b",))
    assert [bool(text) for text in looks(at(RUN), at(again), at(again, more))] == [True, False, True]


def test_a_check_that_keeps_nothing_back_is_not_told() -> None:
    warning = Problem("Failing check", "no_rejects", "It warns.", "/", "", bad=False)
    assert looks(at(warning), at(warning)) == ["", ""]


def test_a_hundred_problems_are_one_message_that_can_be_read() -> None:
    many = [Problem("Failed run", f"job{number}", "x" * 400, "/", "") for number in range(100)]
    (text,) = looks(at(*many))
    assert "And 90 others: https://data.example.com/" in text
    assert len(text) < 6_000
