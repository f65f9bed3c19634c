"""An SNQL app's tables are brought in whole: times, odd rows named, and nothing twice."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, select
from tests.sneakers.app.conftest import TODAY

from tributary.assets.sneakers.app.database import open_sessions
from tributary.assets.sneakers.app.imports.files import bring
from tributary.assets.sneakers.app.imports.outcome import Brought, ImportRefused
from tributary.assets.sneakers.app.imports.tables import FILES, read_file
from tributary.assets.sneakers.app.models import SneakerEvent
from tributary.assets.sneakers.app.reading.pairs import all_pairs
from tributary.assets.sneakers.app.service.opening import SneakerService

BRANDS = (
    "id,manufacturer_name,collaborator_name,created_at\n"
    "4,Nike,,2019-01-01 10:00:00\n"
    "5,Nike,Acronym,2019-01-01 10:01:00\n"
)
PAIRS = (
    "id,sneaker_name,color,purchase_price,manufacturer_id,created_at,sold_at,sale_price,trashed_at,given_at\n"
    "1,Dunk,red,90,4,2019-01-02 09:00:00,,,,\n"
    "2,Blazer,NULL,129.5,5,2019-01-03 23:30:00,2019-05-01 00:00:00,300,,\n"
)
EVENTS = (
    "id,event_type,sneaker_id,event_time\n"
    "1,add,1,2019-01-02 09:05:00\n"
    "2,wear,1,2019-01-04 08:30:00\n"
    "3,walk,1,2019-01-04 19:10:00.25\n"
    "4,clean,1,2019-01-05 20:00:00\n"
    "5,trash,1,2019-03-01 07:00:00\n"
    "6,wear,2,2019-02-01 08:00:00\n"
)


class Folder:
    """A folder of the three files."""

    def __init__(self, path: Path, service: SneakerService, engine: Engine) -> None:
        self.path, self.service, self.engine, self.sessions = path, service, engine, open_sessions(engine)
        self.write(BRANDS, PAIRS, EVENTS)

    def write(self, brands: str = "", pairs: str = "", events: str = "") -> None:
        for name, text in (("manufacturers", brands), ("sneakers", pairs), ("sneaker_events", events)):
            if text:
                (self.path / f"{name}.csv").write_text(text)

    def bring(self, zone: str = "UTC") -> Brought:
        files = {name: read_file(self.path / name) for name in FILES}
        return bring(self.engine, files, ZoneInfo(zone), lambda: TODAY, keep=True)

    def events(self) -> list[tuple[str, date, datetime]]:
        with self.sessions() as session:
            rows = session.scalars(select(SneakerEvent).where(SneakerEvent.sneaker_id.is_not(None)))
            return sorted((row.type, row.event_date, row.event_time) for row in rows)


@pytest.fixture
def folder(tmp_path: Path, service: SneakerService, engine: Engine) -> Folder:
    return Folder(tmp_path, service, engine)


def test_all_comes_in_with_its_times(folder: Folder) -> None:
    assert folder.bring() == Brought(brands=2, pairs=2, events=6)
    assert folder.events() == [
        ("bought", date(2019, 1, 2), datetime(2019, 1, 2, 9, 5, tzinfo=UTC)),
        ("bought", date(2019, 1, 3), datetime(2019, 1, 3, 23, 30, tzinfo=UTC)),
        ("cleaned", date(2019, 1, 5), datetime(2019, 1, 5, 20, tzinfo=UTC)),
        ("sold", date(2019, 5, 1), datetime(2019, 5, 1, tzinfo=UTC)),
        ("trashed", date(2019, 3, 1), datetime(2019, 3, 1, 7, tzinfo=UTC)),
        ("walked", date(2019, 1, 4), datetime(2019, 1, 4, 19, 10, 0, 250_000, tzinfo=UTC)),
        ("worn", date(2019, 1, 4), datetime(2019, 1, 4, 8, 30, tzinfo=UTC)),
        ("worn", date(2019, 2, 1), datetime(2019, 2, 1, 8, tzinfo=UTC)),
    ]
    with folder.sessions() as session:
        pairs = {pair.state.name: pair for pair in all_pairs(session)}
    assert (pairs["Blazer"].brand, pairs["Blazer"].state.color) == ("Nike × Acronym", "unknown")  # noqa: RUF001
    assert (pairs["Blazer"].state.sale_price, pairs["Blazer"].left_on) == (Decimal(300), date(2019, 5, 1))
    assert (pairs["Dunk"].state.material, pairs["Dunk"].fate) == ("unknown", "thrown away")


def test_the_same_again_adds_nothing_and_more_adds_what_is_new(folder: Folder) -> None:
    folder.bring()
    before = folder.events()
    assert folder.bring() == Brought(again=8)
    assert folder.events() == before
    folder.write(events=EVENTS + "7,clean,2,2019-02-02 08:00:00\n")
    assert folder.bring().events == 1


def test_times_are_of_the_zone_that_is_said(folder: Folder) -> None:
    folder.bring("America/New_York")
    assert ("bought", date(2019, 1, 3), datetime(2019, 1, 4, 4, 30, tzinfo=UTC)) in folder.events()


def test_a_brand_that_is_here_is_the_same(folder: Folder, brand: int) -> None:
    assert folder.bring().brands == 1
    with folder.sessions() as session:
        assert {pair.state.manufacturer_id for pair in all_pairs(session)} >= {brand}


@pytest.mark.parametrize(
    ("events", "odd"),
    [
        ("7,paint,1,2019-01-04 10:00:00", "line 8: its event_type is none of add, wear"),
        ("7,wear,9,2019-01-04 10:00:00", "line 8: there is no pair of its sneaker_id"),
        ("7,wear,1,yesterday", "line 8: its event_time is no time"),
        ("7,wear,1,", "line 8: it has no event_time"),
        ("x,wear,1,2019-01-04 10:00:00", "line 8: its id is no id"),
        ("7,wear,1,2999-01-04 10:00:00", "line 8: 4 January 2999 is in the future"),
        ("7,wear,1,2018-01-04 10:00:00", "line 8: A pair cannot be worn (4 January 2018) before it was bought"),
        ("7,give,1,2019-04-04 10:00:00", "line 8: This pair was already thrown away"),
        ("7,add,1,2019-04-04 10:00:00", "line 8: the pair was bought before"),
        ("7,wear,1", "line 8: it has another number of fields"),
        ("2,clean,1,2019-01-04 10:00:00", "its id was brought in before, with other values"),
    ],
)
def test_an_odd_event_is_named_and_stops_no_other(folder: Folder, events: str, odd: str) -> None:
    folder.write(events=f"{EVENTS}{events}\n")
    found = folder.bring()
    assert (found.brands, found.pairs, found.events) == (2, 2, 6)
    assert len(found.odd) == 1
    assert odd in found.odd[0]
    assert found.odd[0].startswith("sneaker_events.csv, line ")


def test_an_odd_pair_is_named_with_all_that_is_wrong_and_so_are_its_events(folder: Folder) -> None:
    folder.write(pairs=PAIRS.replace("129.5,5", "-3,5").replace("Blazer", ""))
    found = folder.bring()
    assert (found.pairs, found.events) == (1, 4)
    assert [sentence.partition(":")[0] for sentence in found.odd] == ["sneakers.csv, line 3"] * 2 + [
        "sneaker_events.csv, line 7"
    ]
    assert "its pair could not be brought in" in found.odd[-1]


def test_what_is_no_file_of_the_kind_is_refused_in_a_sentence(folder: Folder) -> None:
    folder.write(brands="id;manufacturer_name\n")
    with pytest.raises(ImportRefused, match="no column 'id'"):
        folder.bring()
    (folder.path / "manufacturers.csv").write_bytes(b"id,manufacturer_name,collaborator_name\n1,\xff,\n")
    with pytest.raises(ImportRefused, match="not UTF-8"):
        folder.bring()
    (folder.path / "manufacturers.csv").unlink()
    with pytest.raises(ImportRefused, match="cannot be read"):
        folder.bring()
    assert folder.events() == []
