"""The record: what may follow what, and that no two processes can bring a request into two states."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from tributary.assets.reporting.record import Requests, new_id
from tributary.assets.reporting.requests import Event, NoSuchRequest, NotNow, OpenRequests, Question, Request

ENDS: tuple[Event, ...] = ("finished", "failed", "cancelled")


@pytest.fixture
def requests(opened: OpenRequests) -> Requests:
    return opened()


def asked(requests: Requests, key: str = "k1", report: str = "bills") -> Request:
    return requests.add(Question("ada", report, "d1", {"code": "b1"}, key, "form"))


def test_what_was_asked_is_what_is_read(requests: Requests) -> None:
    one = requests.add(Question("ada", "bills", "d1", {"code": "b'1", "n": None}, "k1", "api", "x@example.com"))
    found = requests.find(one.id)
    assert found == one
    assert (found.who, found.report, found.report_digest, found.key, found.origin) == (
        "ada",
        "bills",
        "d1",
        "k1",
        "api",
    )
    assert found.answers == {"code": "b'1", "n": None}
    assert (found.state, found.rows, found.run_id, found.finished_at) == ("queued", None, "", None)
    assert "x@example.com" not in repr(found)


def test_a_request_goes_its_way_and_no_other(requests: Requests) -> None:
    one = asked(requests)
    assert not requests.tell(one.id, "progress", run_id="r1", rows=5)
    assert requests.tell(one.id, "launched", run_id="r1")
    assert requests.tell(one.id, "started", run_id="r1")
    assert not requests.tell(one.id, "started", run_id="r2"), "one run makes a request"
    assert requests.tell(one.id, "progress", run_id="r1", rows=5)
    assert requests.find(one.id).rows == 5
    assert not requests.tell(one.id, "finished", run_id="r2", rows=7)
    assert requests.tell(one.id, "finished", run_id="r1", rows=9)
    assert not requests.tell(one.id, "failed", run_id="r1")
    assert not requests.tell(one.id, "cancelled")
    done = requests.find(one.id)
    assert (done.state, done.rows, done.run_id) == ("finished", 9, "r1")
    assert done.finished_at is not None


def test_a_request_that_failed_is_queued_again_without_its_run(requests: Requests) -> None:
    one = asked(requests)
    requests.tell(one.id, "started", run_id="r1")
    requests.tell(one.id, "failed", run_id="r1", sentence="The warehouse was down.")
    assert requests.find(one.id).sentence == "The warehouse was down."
    with requests.turn(one.id) as turn:
        turn.tell("queued")
    again = requests.find(one.id)
    assert (again.state, again.run_id, again.finished_at) == ("queued", "", None)
    with pytest.raises(NotNow), requests.turn(one.id) as turn:
        turn.tell("queued")


def test_of_many_that_end_a_request_at_once_one_does(requests: Requests) -> None:
    one = asked(requests)
    requests.tell(one.id, "started", run_id="r1")
    with ThreadPoolExecutor(9) as pool:
        told = list(pool.map(lambda n: requests.tell(one.id, ENDS[n % 3], run_id="r1", rows=n), range(18)))
    assert sum(told) == 1


def test_a_block_that_breaks_off_tells_nothing(requests: Requests) -> None:
    one = asked(requests)
    with suppress(KeyboardInterrupt), requests.turn(one.id) as turn:
        turn.tell("started", run_id="r1")
        raise KeyboardInterrupt
    assert requests.find(one.id).state == "queued"


def test_requests_are_listed_the_newest_first_and_page_by_page(requests: Requests) -> None:
    made = [asked(requests, key=f"k{n % 2}").id for n in range(5)]
    assert [one.id for one in requests.list()] == made[::-1]
    assert [one.id for one in requests.list(limit=2)] == made[:2:-1]
    assert [one.id for one in requests.list(before=made[3], limit=2)] == [made[2], made[1]]
    assert [one.id for one in requests.list(key="k1")] == [made[3], made[1]]
    assert requests.list(report="others") == []


def test_newest_finished_is_of_each_key_the_one_asked_last(requests: Requests) -> None:
    first, second, third, other = (asked(requests, key=key) for key in ("k1", "k1", "k1", "k2"))
    for one in (second, first, other):  # the one asked last need not end last
        requests.tell(one.id, "started", run_id="r")
        requests.tell(one.id, "finished", run_id="r", rows=1)
    found = requests.newest_finished("bills")
    assert {key: one.id for key, one in found.items()} == {"k1": second.id, "k2": other.id}
    assert requests.newest_finished("bills", "k2").keys() == {"k2"}
    assert requests.keys_in_use("bills") == {"k1", "k2"}
    assert [one.id for one in requests.unended()] == [third.id]


def test_ids_sort_by_time_and_an_unknown_one_is_told(requests: Requests) -> None:
    ids = [new_id() for _ in range(200)]
    assert [one[:12] for one in ids] == sorted(one[:12] for one in ids)
    assert len(set(ids)) == 200
    assert {(one[12], one[16] in "89ab") for one in ids} == {("7", True)}
    for strange in ("", "nothing", "x' or '1'='1", "é" * 500, "\x00", "\ud800"):
        with pytest.raises(NoSuchRequest):
            requests.find(strange)
        with pytest.raises(NoSuchRequest):
            requests.tell(strange, "cancelled")
        assert requests.list(key=strange, before=strange, report="bills") == []
