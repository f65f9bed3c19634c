"""Staged rows of a long past, made by the server from their numbers: what years of deliveries would have left there.

Each row is a function of its number alone, so that ten million of them take the server minutes and Python no time. What
they would have been as objects in the lake, and how they are read from there, is not here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tributary.assets.sneakers.tables import EVENTS
from tributary.assets.social import tables as social
from tributary.resources.warehouse.base import Select
from tributary.resources.warehouse.counting import CountCheck
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Table
from tributary.resources.warehouse.windows import SourceObjects

SOURCES = (*social.TABLES, EVENTS)
EDITS = 50
"""In every other round of all pairs, each entry whose number this divides edits the wear before it."""
PAST = "0"
"""The source object of all events before the ticks."""


@dataclass(frozen=True)
class History:
    """So many events of each source before the ticks, one each `seconds`, of a tenth as many users, and pairs."""

    size: int
    seconds: float = 1.0

    def past(self) -> Mapping[Table, str]:
        """A SELECT of the rows of each staged table."""
        return self._made(1, self.size, PAST)

    def news(self, first: int, count: int, name: str) -> Mapping[Table, str]:
        """The same of later events, of users and pairs all over, which an object of this name delivers."""
        return self._made(self.size + first, self.size + first + count - 1, name)

    def _made(self, first: int, last: int, name: str) -> Mapping[Table, str]:
        numbers = f"generate_series({first}, {last}) AS g"
        selects = {**self._messages(numbers, name), EVENTS: self._entries(numbers, name)}
        return {table: _with_nulls(table, select) for table, select in selects.items()}

    @property
    def _moment(self) -> str:
        return f"(timestamp '2026-01-01' + g * interval '{self.seconds} seconds')"

    def _messages(self, numbers: str, name: str) -> dict[Table, str]:
        """Rows of the social tables, each as often as the others."""
        people, moment = self.size // 10, self._moment
        # A step that shares no factor with the number of people leads to all of them in no order.
        person, other = (f"'u' || ((g * {step}::bigint) % {people})" for step in (7_919, 104_729))
        message = f"'m' || g AS message_id, {moment} AS timestamp, {moment} AS sent_at, {moment} AS received_at"
        delivery = (
            f"{message}, '{name}' AS source_object, g::bigint AS record_offset, {person} AS user_id, "
            f"'b' || {person} AS anonymous_id"
        )
        own = {
            "social_users": "'n' || g % 5 AS username, 'e' || g AS email, 'about' AS about_me, '{}' AS traits",
            "social_posts": f"'p' || g AS post_id, {moment} AS published_at, 'words' AS body",
            "social_follows": f"{other} AS user_id_recipient",
            "social_unfollows": f"{other} AS user_id_recipient",
            "social_reactions": "'p' || g % 1000 AS post_id",
            "social_other_events": "'page' AS type, NULL AS event, NULL AS previous_id, '{}' AS properties",
        }
        return {
            table: f"SELECT {delivery}, {own[table.name]} FROM {numbers} WHERE g % {len(social.TABLES)} = {place}"
            for place, table in enumerate(social.TABLES)
        }

    def _entries(self, numbers: str, name: str) -> str:
        """Rows of the log of the sneaker forms: purchases first, then wears and edits of the wears one round before."""
        people, moment = self.size // 10, self._moment
        edits = f"g % {EDITS} = 0 AND (g - 1) / {people} % 2 = 0"
        kind = f"CASE WHEN g <= {people} THEN 'bought' WHEN {edits} THEN 'edited' ELSE 'worn' END"
        given = "CASE WHEN type = 'bought' THEN"
        return f"""
            SELECT g::bigint AS event_id, type AS type, (g * 7919::bigint) % {people} + 1 AS sneaker_id,
                {given} g % 40 + 1 END AS manufacturer_id, {moment}::date AS event_date, {moment} AS event_time,
                {moment} AS recorded_at, {given} 'Pair' END AS name, {given} 'Colour ' || g % 12 END AS color,
                {given} 'Material ' || g % 7 END AS material, {given} 100 END AS purchase_price,
                {given} 'Brand' || g % 40 END AS brand,
                CASE WHEN type = 'edited' THEN g - {people} END AS target_event_id,
                CASE WHEN type = 'edited' THEN 'event_date,event_time' END AS changed_fields,
                CASE WHEN type = 'edited' THEN {moment}::date - 1 END AS changed_event_date,
                CASE WHEN type = 'edited' THEN {moment} - interval '1 day' END AS changed_event_time,
                '{name}' AS source_object, g::bigint AS record_offset
            FROM (SELECT g, {kind} AS type FROM {numbers}) AS k"""


def load(warehouse: PostgresWarehouse, rows: Mapping[Table, str], name: str) -> None:
    """Make the rows those of the source object; without the checks on what a reader counted, as there is none here."""
    for table, select in rows.items():
        checks = tuple(check for check in table.checks if not isinstance(check, CountCheck))
        window = SourceObjects("source_object", [name])
        warehouse.replace(replace(table, checks=checks), Select(select), window=window)


def _with_nulls(table: Table, select: str) -> str:
    """The SELECT with each column of the table that it does not name, as null."""
    named = set(re.findall(r" AS (\w+)", select))
    absent = [f"NULL AS {column.name}" for column in table.columns if column.name not in named]
    return f"SELECT {', '.join(['made.*', *absent])} FROM ({select}) AS made"
