"""The plan of the generator: story, delivery, records, objects, damage, in this order, each with chance of its own.

Imported with the first sample that is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from random import Random

import msgspec

from tributary.assets.social.standin.chance import stream
from tributary.assets.social.standin.damage import break_some, duplicate
from tributary.assets.social.standin.delivery import Call, deliver
from tributary.assets.social.standin.make import Progress, SocialSampleReport, Terms
from tributary.assets.social.standin.messages import collected, message_of, with_numeric_ids
from tributary.assets.social.standin.objects import Drop, Piece, cut
from tributary.assets.social.standin.rhythm import Rhythm
from tributary.assets.social.standin.story import Story
from tributary.resources.lake import Lake
from tributary.resources.lake.parallel import in_order

_WRITERS = 4
_PROGRESS = "social events"


def put_objects(lake: Lake, terms: Terms, progress: Progress) -> SocialSampleReport:
    """Put the sample's objects in the lake and tell what they hold; its time is left to the caller.

    Raises:
        LakeError: the lake did not take an object.
    """
    progress(_PROGRESS, 0.0)
    start_ms = int((terms.until - timedelta(days=terms.days)).timestamp() * 1000)
    rhythm = Rhythm(start_ms, terms.days)
    calls = deliver(Story(terms.seed, terms.days).visits(), rhythm, stream(terms.seed, "delivery"))
    progress(_PROGRESS, 0.3)
    pieces = _pieces(calls, rhythm.end_ms, stream(terms.seed, "messages", terms.until))
    progress(_PROGRESS, 0.6)
    drops = cut(pieces, stream(terms.seed, "objects", terms.until))
    rng = stream(terms.seed, "damage", terms.until)
    records = len(pieces) + duplicate(drops, rng) + break_some(drops, rng)
    _write(lake, drops, progress)
    return SocialSampleReport(terms.seed, terms.until, terms.days, len(drops), records)


def _pieces(calls: Sequence[Call], end_ms: int, rng: Random) -> list[Piece]:
    """The records in the order of their arrival, which is a moment after they were received."""
    encode = msgspec.json.Encoder().encode
    pieces = []
    for call in calls:
        device = call.person.device
        message = message_of(call.action, call.person, call.at_ms, rng)
        if device.numeric_ids:
            message = with_numeric_ids(message)
        original, sent = call.at_ms + device.skew_ms, call.sent_ms + device.skew_ms
        record = collected(message, device.channel, original, sent, call.received_ms)
        arrived = min(call.received_ms + rng.randint(20, 300), end_ms - 1)
        pieces.append(Piece(encode(record), call.action.counts_as, arrived))
    pieces.sort(key=lambda piece: piece.arrived_ms)
    return pieces


def _write(lake: Lake, drops: Sequence[Drop], progress: Progress) -> None:
    put = in_order(lambda drop: lake.put(drop.key, drop.content()), drops, threads=_WRITERS, ahead=_WRITERS * 2)
    for number, _ in enumerate(put, start=1):
        progress(_PROGRESS, 0.6 + 0.4 * number / len(drops))
