"""The parts of a message that matter here beside what all messages have, and the decoders for them.

Nothing is judged: every field takes any value, so that one odd value does not spoil the decoding of its neighbours.
What a value must be is said in `rows`. The fields: https://segment.com/docs/connections/spec/common/
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from tributary.resources.segment.kinds import IDENTIFY

CARRIES_TRAITS = frozenset({IDENTIFY, "group"})
"""Calls that say what they say in `traits`; the others in `properties`."""

BESIDE = {"page": ("name", "category"), "screen": ("name", "category"), "group": ("groupId",), "alias": ("previousId",)}
"""What a call says beside its properties or traits, and would be lost without a column of its own."""


class _Campaign(msgspec.Struct, gc=False):
    source: str | None = None
    medium: str | None = None
    name: str | None = None


class _Page(msgspec.Struct, gc=False):
    referrer: str | None = None


class _Referrer(msgspec.Struct, gc=False):
    url: str | None = None


class _Device(msgspec.Struct, gc=False):
    type: str | None = None


class _Library(msgspec.Struct, gc=False):
    name: str | None = None


class Context(msgspec.Struct, gc=False):
    """What `event_types.CONTEXT_FIELDS` are read from, where it is of the types that the spec gives it."""

    campaign: _Campaign | None = None
    page: _Page | None = None
    referrer: _Referrer | None = None
    device: _Device | None = None
    library: _Library | None = None

    def cells(self) -> tuple[str | None, ...]:
        """The values of the fields, in their order."""
        campaign, page, referrer, device, library = (
            self.campaign, self.page, self.referrer, self.device, self.library,
        )  # fmt: skip
        return (
            (campaign and campaign.source) or None,
            (campaign and campaign.medium) or None,
            (campaign and campaign.name) or None,
            (page and page.referrer) or (referrer and referrer.url) or None,
            (device and device.type) or (library and library.name) or None,
        )


NO_CONTEXT = Context().cells()
CONTEXTS = msgspec.json.Decoder(Context)
ANYTHING = msgspec.json.Decoder()
SORTED = msgspec.json.Encoder(order="sorted")
"""JSON text with the keys of every object sorted, without blanks: one text for one value."""


def properties_decoder(names: Iterable[str]) -> msgspec.json.Decoder[Any]:
    """A decoder of these properties of an event, for `msgspec.structs.astuple`; absent ones are None."""
    fields = [(f"p{at}", Any, msgspec.field(default=None, name=name)) for at, name in enumerate(names)]
    return msgspec.json.Decoder(msgspec.defstruct("Properties", fields, gc=False))
