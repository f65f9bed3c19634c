# ruff: noqa: RUF001 - these titles hold the look-alikes that people type
"""gold.meetup_title_words and its months: what counts as a word of a title, and how words are counted."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import dagster as dg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.meetup.models import oracle
from tests.meetup.models.building import Meetup, models
from tests.meetup.models.rows import FIRST, Rows, event, staged, worlds

from tributary.assets.meetup.lineage import TITLE_WORDS_LINEAGE
from tributary.assets.meetup.tables import TITLE_WORDS
from tributary.assets.meetup.titles import stopwords, words_of
from tributary.assets.meetup.words import title_words_asset, words_by_title

TABLE, MONTHLY = "gold.meetup_title_words", "gold.meetup_event_words"


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Python &amp; Data &#39;Night&#39;", "python data night"),
        ("Coffee &amp;amp; Code", "coffee code"),
        ("<b>Bold</b> titles<br/>broken", "bold titles broken"),
        ("🎉👩‍💻 Party☕️time 🇺🇸 ❤️", "party time"),
        ("Node.js/React: hooks, (live) — ‘state’…", "node.js react hooks live state"),
        ("2024 #12 3rd 7pm 10:30 ½ ② 1️⃣ 100%", ""),
        ("web3 K8s", "web3 k8s"),
        ("LOUD Loud loud", "loud"),
        ("The how and why of What", ""),
        ("Don’t you’re it's We'll", ""),
        ("Women's founders’ Beginner´s", "women founders beginner"),
        ("rock'n'roll at O'Reilly's", "rock'n'roll o'reilly"),
        ("Café Straße Łódź Ñandú", "café straße łódź ñandú"),
        ("cafe\u0301 co\u00adwork", "café cowork"),
        ("हिन्दी Кофе 東京", "हिन्दी кофе 東京"),
        ("𝗣𝘆𝘁𝗵𝗼𝗻™ ＷＥＢ", "python web"),
        ("C++ R x y", "c++ r"),
        ("Modern C++20, C#/F# & .NET 8 with ASP.NET Core", "modern c++ c# f# .net asp.net core"),
        ("R: tidy data, not Q&R, R&B or R.E.M.", "r tidy data"),
        ("Vue.js (Node.JS!), fast.ai; Ｃ＋＋ and c++?", "vue.js node.js fast.ai c++"),
        ("re:Invent recap. Re: your question", "re:invent recap question"),
        ("AI/ML in 2026", "ai ml"),
        ("CANCELLED: Python Night", "python night"),
        ("[SOLD OUT] Rust - Canceled! *POSTPONED* (rescheduled)", "rust"),
        ("ONLINE? Go", ""),
        ("[Online] Data; Online: Cloud", "data online cloud"),
        ("Online marketing for cancelled flights", "online marketing flights"),
        ("ABGESAGT! Python und Daten für die Nacht", "python daten nacht"),
        ("ANNULÉ - Soirée sur les données", "soirée données"),
        ("CANCELADO: Noche de datos con amigos", "noche datos amigos"),
        ("AI design: man, dog & cat", "ai design man dog cat"),
        ("Talk https://example.org/talk?a=b www.example.org me@example.org", "talk"),
        ("", ""),
    ],
)
def test_words_of_a_title(title: str, words: str) -> None:
    assert words_of(title) == frozenset(words.split())


@settings(max_examples=300, deadline=None)
@given(title=st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("aS' ’&;#1<>@é🎉́‍️"), max_size=40))
def test_a_word_is_a_clean_word_whatever_the_title(title: str) -> None:
    for word in words_of(title):
        if word == "r":
            continue
        assert word[0].isalpha() or word.endswith(".net")
        assert len(word) > 1
        assert word == word.lower()
        assert not word.endswith(("'", "'s"))
        assert not any(character.isspace() for character in word)
        assert word not in stopwords()
        assert words_of(word) == {word}


@settings(max_examples=100, deadline=None)
@given(
    titles=st.lists(
        st.lists(st.sampled_from(["python", "data", "night", "the", "Data", "2"]), max_size=4).map(" ".join),
        max_size=12,
    )
)
def test_a_title_has_each_of_its_words_once_and_words_of_one_title_are_left_out(titles: list[str]) -> None:
    words = [{part for part in title.lower().split() if part in ("python", "data", "night")} for title in titles]
    often = [word for word in ("python", "data", "night") if sum(word in one for one in words) > 1]
    assert list(words_by_title(titles)) == [sorted(word for word in one if word in often) for one in words]


@settings(
    max_examples=5,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(rows=worlds())
def test_the_tables_have_the_words_of_the_events_held(meetup: Meetup, rows: Rows) -> None:
    meetup.build(rows, MONTHLY)
    held = oracle.held(rows)
    months: Counter[tuple[date, str]] = Counter()
    yes: Counter[tuple[date, str]] = Counter()
    expected = set()
    for event_, words in zip(held, words_by_title([one["title"] for one in held]), strict=True):
        for word in words:
            key = (event_["local_date"].replace(day=1), word)
            months[key] += 1
            yes[key] += event_["yes_rsvps"] or 0
            expected.add((event_["event_id"], event_["local_date"], event_["yes_rsvps"] or 0, word))
    assert {tuple(row.values()) for row in meetup.rows(TABLE)} == expected
    assert [tuple(row.values()) for row in meetup.rows(MONTHLY, "1, 2")] == [
        (*key, months[key], yes[key]) for key in sorted(months)
    ]


def test_words_are_counted_by_month_and_cancelled_events_are_not(meetup: Meetup) -> None:
    meetup.build(
        staged(
            [
                event("a", "g1", FIRST, title="Python night", yes_rsvps=3),
                event("b", "g1", FIRST, title="PYTHON &amp; python", yes_rsvps=None),
                event("c", "g1", FIRST + timedelta(days=3), title="Python", yes_rsvps=4),
                event("d", "g1", FIRST, title="Night", is_cancelled=True),
            ]
        ),
        MONTHLY,
    )
    assert [(row["event_id"], row["word"]) for row in meetup.rows(TABLE)] == [
        ("a", "python"),
        ("b", "python"),
        ("c", "python"),
    ]
    assert [tuple(row.values()) for row in meetup.rows(MONTHLY)] == [
        (date(2023, 12, 1), "python", 2, 3),
        (date(2024, 1, 1), "python", 1, 4),
    ]


def test_a_run_makes_the_words_and_tells_where_they_come_from(meetup: Meetup) -> None:
    titles = ["Python", "Python", "Once"]
    meetup.build(
        staged(event(f"e{number}", "g1", FIRST, title=title) for number, title in enumerate(titles)),
        "core.fact_meetup_event",
    )
    result = dg.materialize(
        [title_words_asset()], resources={"warehouse": meetup.warehouse}, instance=dg.DagsterInstance.ephemeral()
    )
    [made] = result.asset_materializations_for_node("gold__meetup_title_words")
    assert (made.metadata["dagster/row_count"].value, made.metadata["words"].value) == (2, 1)
    assert TITLE_WORDS_LINEAGE.keys() == set(TITLE_WORDS.column_names)
    for sources in TITLE_WORDS_LINEAGE.values():
        assert all(source.column in models()[source.table].table.column_names for source in sources)


def test_no_titles_make_empty_tables(meetup: Meetup) -> None:
    meetup.build(staged([]), MONTHLY)
    assert meetup.rows(TABLE) == meetup.rows(MONTHLY) == []
