"""Takes the day's snapshot of the groups: those that a search finds, and those of earlier days that it does not.

A search forgets a group that changes its topics or moves away; its events are still wanted, so it is asked for by name.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from assets.meetup.arrivals import KNOWN_GROUPS, group_key, newest_snapshot
from assets.meetup.canonical import joined, line_of, lines_of, node_of
from assets.meetup.errors import MeetupPullError
from resources.lake.model import Lake
from resources.meetup.client import MeetupClient
from resources.meetup.search import Search


@dataclass(frozen=True)
class Snapshot:
    """What was taken.

    Attributes:
        key: the object.
        groups: groups in it.
        gone: names of groups that were there before and are not any more.
        capped: topics of which Meetup did not tell all groups.
        bytes: size of the object.
        sha256: of its bytes.
        calls: requests that it took.
    """

    key: str
    groups: int
    gone: tuple[str, ...]
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


def take_snapshot(client: MeetupClient, search: Search, lake: Lake, today: date) -> Snapshot:
    """Look at the groups and put the snapshot of `today` (UTC), in place of an earlier one of the day.

    Raises:
        MeetupError: a page could not be had; nothing is put then.
        MeetupPullError: no group was found, nor known before.
        LakeError: the lake refused.
    """
    before = client.calls
    found = client.search_groups(search)
    nodes = {node["id"]: node for node in found.groups}
    names = _names(lake, today)
    gone = []
    for group, urlname in sorted(names.items()):
        if group in nodes:
            continue
        node = client.group(urlname)
        if node is None:
            gone.append(urlname)
        else:
            nodes.setdefault(node["id"], node)
    if not nodes:
        raise MeetupPullError(
            f"No group on {', '.join(search.topics)} was found around latitude {search.lat}, longitude {search.lon}; "
            "set TRIBUTARY_MEETUP_TOPICS and the place to what is there."
        )
    data = joined((key, line_of(node)) for key, node in nodes.items())
    key = group_key(today)
    lake.put(key, data)
    # After the snapshot: killed in between, the next one finds there what is missing here.
    lake.put(KNOWN_GROUPS, line_of(names | {group: node["urlname"] for group, node in nodes.items()}))
    sha256 = hashlib.sha256(data).hexdigest()
    return Snapshot(key, len(nodes), tuple(gone), found.capped, len(data), sha256, client.calls - before)


def present_groups(lake: Lake, today: date) -> list[KnownGroup]:
    """The groups of the newest snapshot, by id.

    Raises:
        MeetupPullError: no snapshot was taken yet.
    """
    key = newest_snapshot(lake, today)
    if key is None:
        raise MeetupPullError(
            "No group is known yet, so that no events can be pulled; materialise raw.meetup_groups first."
        )
    return [_known(node_of(line)) for line in lines_of(lake.get(key))]


def ever_seen(lake: Lake) -> set[str]:
    """The ids of all groups that some snapshot held."""
    return set(node_of(lake.get(KNOWN_GROUPS))) if lake.head(KNOWN_GROUPS) is not None else set()


def _names(lake: Lake, today: date) -> dict[str, str]:
    """The name of each group that was ever seen, by id."""
    names: dict[str, str] = {}
    if lake.head(KNOWN_GROUPS) is not None:
        names |= node_of(lake.get(KNOWN_GROUPS))
    if newest_snapshot(lake, today) is not None:
        names |= {group.id: group.urlname for group in present_groups(lake, today)}
    return names


def _known(node: dict[str, Any]) -> KnownGroup:
    founded = None
    if isinstance(node.get("foundedDate"), str):
        try:
            founded = datetime.fromisoformat(node["foundedDate"])
        except ValueError:
            # Asked from the beginning then: the bound only saves calls.
            founded = None
    if founded is not None and founded.tzinfo is None:
        founded = founded.replace(tzinfo=UTC)
    return KnownGroup(node["id"], node["urlname"], founded, node.get("timezone"))
