"""Takes the day's snapshot of the groups: those that a search finds, and those of earlier days that it does not.

A search forgets a group that changes its topics or moves away; its events are still wanted, so it is asked for by
itself, and found by its id whatever it is called by then. One that does not answer is remembered for the next time, and
stops no other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from tributary.assets.meetup.api.client import MeetupClient
from tributary.assets.meetup.api.errors import MeetupError
from tributary.assets.meetup.api.moments import moment_of
from tributary.assets.meetup.api.search import FoundGroups, Search
from tributary.assets.meetup.arrivals import GROUPS_BY_DAY, KNOWN_GROUPS, UNREACHED_GROUPS, group_key, newest_snapshot
from tributary.assets.meetup.canonical import filled, joined, line_of, lines_of, node_of
from tributary.assets.meetup.errors import MeetupPullError
from tributary.assets.meetup.patience import NOT_ASKED, Patience
from tributary.resources.lake.model import Lake


@dataclass(frozen=True)
class Snapshot:
    """What was taken.

    Attributes:
        key: the object.
        groups: groups in it.
        gone: names of groups that were there before and are not any more.
        unreached: by name of a group, or topic, why it could not be asked; what was known of such a group stays.
        failed_fields: by name of a group, what of it could not be had; that is as it was before, if it was known.
        capped: topics of which Meetup did not tell all groups.
        bytes: size of the object.
        sha256: of its bytes.
        calls: requests that it took.
    """

    key: str
    groups: int
    gone: tuple[str, ...]
    unreached: Mapping[str, str]
    failed_fields: Mapping[str, str]
    capped: tuple[str, ...]
    bytes: int
    sha256: str
    calls: int


@dataclass(frozen=True)
class KnownGroup:
    """A group whose events can be asked for.

    Attributes:
        id: Meetup's id of it.
        urlname: its name in addresses.
        founded: when it was founded; None where that is not told.
        timezone: IANA name of its zone, as Meetup has it.
    """

    id: str
    urlname: str
    founded: datetime | None
    timezone: str | None


@dataclass
class _Looked:
    """What the search and the questions for single groups gave, by group id."""

    nodes: dict[str, dict[str, Any]]
    failed: dict[str, tuple[str, ...]]
    gone: list[str]
    unreached: dict[str, str]


def take_snapshot(client: MeetupClient, search: Search, lake: Lake, today: date) -> Snapshot:
    """Look at the groups and put the snapshot of `today` (UTC), in place of an earlier one of the day.

    Raises:
        MeetupError: the search gave nothing on any topic, or the token is refused; nothing is put then.
        MeetupPullError: no group was found, nor known before.
        LakeError: the lake refused.
    """
    before = client.calls
    found = client.search_groups(search)
    earlier = _earlier(lake, today)
    names = _names(lake) | {group: _name(node) for group, node in earlier.items()}
    looked = _looked(client, found, names)
    if not looked.nodes:
        raise MeetupPullError(
            f"No group on {', '.join(search.topics)} was found around latitude {search.lat}, longitude {search.lon}; "
            "set TRIBUTARY_MEETUP_TOPICS and the place to what is there."
        )
    for group, fields in looked.failed.items():
        looked.nodes[group] = filled(looked.nodes[group], earlier.get(group), fields)
    data = joined((key, line_of(node)) for key, node in looked.nodes.items())
    key = group_key(today)
    _put(lake, key, data)
    # After the snapshot: killed in between, the next one finds there what is missing here.
    waiting = {group: earlier.get(group, {"id": group, "urlname": names[group]}) for group in looked.unreached}
    _put(lake, UNREACHED_GROUPS, joined((group, line_of(node)) for group, node in waiting.items()))
    names |= {group: _name(node) for group, node in looked.nodes.items()}
    _put(lake, KNOWN_GROUPS, line_of(names))
    return Snapshot(
        key=key,
        groups=len(looked.nodes),
        gone=tuple(looked.gone),
        unreached={**found.failed, **{names[group]: why for group, why in looked.unreached.items()}},
        failed_fields={names[group]: ", ".join(fields) for group, fields in looked.failed.items()},
        capped=found.capped,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        calls=client.calls - before,
    )


def _put(lake: Lake, key: str, data: bytes) -> None:
    """Put an object unless it is there already: what is not put again is not loaded again."""
    if lake.head(key) is None or lake.get(key) != data:
        lake.put(key, data)


def _looked(client: MeetupClient, found: FoundGroups, names: Mapping[str, str]) -> _Looked:
    """The groups that were found, and those known that were not, each asked for by itself."""
    looked = _Looked({node["id"]: node for node in found.groups}, dict(found.failed_fields), [], {})
    patience = Patience(heard=True)
    for group in sorted(set(names) - set(looked.nodes)):
        if patience.spent:
            looked.unreached[group] = NOT_ASKED
            continue
        try:
            answer = client.group(group, names[group])
        except MeetupError as error:
            patience.failed(error)
            looked.unreached[group] = str(error)
            continue
        patience.answered()
        if answer is None:
            looked.gone.append(names[group])
            continue
        looked.nodes[group] = answer.node
        if answer.failed:
            looked.failed[group] = answer.failed
    return looked


def present_groups(lake: Lake, today: date) -> list[KnownGroup]:
    """The groups of the newest snapshot, and those that it could not reach, by id.

    Raises:
        MeetupPullError: no snapshot was taken yet.
    """
    if newest_snapshot(lake, today) is None:
        raise MeetupPullError(
            "No group is known yet, so that no events can be pulled; materialise raw.json_meetup_groups first."
        )
    return [_known(node) for _, node in sorted(_earlier(lake, today).items(), key=lambda one: (len(one[0]), one[0]))]


def ever_seen(lake: Lake) -> set[str]:
    """The ids of all groups that some snapshot held."""
    return set(_names(lake))


def _earlier(lake: Lake, today: date) -> dict[str, dict[str, Any]]:
    """Each group as it was when last looked at: in the newest snapshot, or before, where that did not reach it."""
    key = newest_snapshot(lake, today)
    places = [UNREACHED_GROUPS] if lake.head(UNREACHED_GROUPS) is not None else []
    lines = [line for place in (*places, *([key] if key else [])) for line in lines_of(lake.get(place))]
    return {node["id"]: node for node in map(node_of, lines)}


def _names(lake: Lake) -> dict[str, str]:
    """The name of each group that was ever seen, by id; from the snapshots, where the note of it cannot be read."""
    if lake.head(KNOWN_GROUPS) is None:
        return {}
    try:
        return node_of(lake.get(KNOWN_GROUPS))
    except ValueError:
        keys = [one.key for _, one in GROUPS_BY_DAY.between(lake)]
        lines = (line for _, data in lake.get_many(keys) for line in lines_of(data))
        return {node["id"]: _name(node) for node in map(node_of, lines)}


def _name(node: Mapping[str, Any]) -> str:
    """What a group is called by in messages; its id where its name in addresses could not be had."""
    return str(node.get("urlname") or node["id"])


def _known(node: dict[str, Any]) -> KnownGroup:
    founded = None
    if isinstance(node.get("foundedDate"), str):
        try:
            founded = moment_of(node["foundedDate"])
        except ValueError:
            # Asked from the beginning then: the bound only saves calls.
            founded = None
    if founded is not None and founded.tzinfo is None:
        founded = founded.replace(tzinfo=UTC)
    zone = node.get("timezone")
    return KnownGroup(node["id"], _name(node), founded, zone if isinstance(zone, str) else None)
