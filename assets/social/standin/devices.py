"""What people use: browsers, phones, and one old desktop client, with the context that their library sends."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from tributary.assets.social.standin.chance import uuid_of
from tributary.assets.social.standin.words import WORLD

SITE = "https://www.wrenfield.example"
Platform = Literal["web", "ios", "android", "desktop"]


@dataclass(frozen=True)
class Device:
    """One browser, phone or desktop client.

    `context` is what its library says with every call; `skew_ms` is how far its clock is ahead (behind where negative).
    """

    platform: Platform
    anonymous_id: str
    context: dict[str, Any]
    skew_ms: int = 0

    @property
    def channel(self) -> str:
        """Segment's name of where its calls come from: the old desktop client uses a server's library."""
        return "server" if self.platform == "desktop" else "client"

    @property
    def is_phone(self) -> bool:
        """Whether it keeps its calls for a while, and loses its network at times."""
        return self.platform in ("ios", "android")

    @property
    def has_pages(self) -> bool:
        """Whether it shows pages (a browser) and not screens (an app)."""
        return self.platform == "web"

    @property
    def numeric_ids(self) -> bool:
        """Whether it sends ids as JSON numbers, as only the old desktop client does."""
        return self.platform == "desktop"


def make_device(platform: Platform, locale: str, timezone: str, skew_ms: int, rng: Random) -> Device:
    """A device of somebody who lives at `timezone`."""
    context: dict[str, Any] = {
        "ip": f"{rng.choice(WORLD.address_blocks)}.{rng.randint(1, 254)}",
        "library": WORLD.libraries[platform],
        "locale": locale,
        "timezone": timezone,
    }
    if platform == "web":
        context["userAgent"] = rng.choice(WORLD.browsers)
    elif platform == "desktop":
        context["userAgent"] = "WrenfieldDesktop/2.3"
    else:
        maker, model, system = rng.choice(WORLD.phones[platform])
        context["app"] = {"name": "Wrenfield", "version": "5.12.1", "build": "51210"}
        context["device"] = {"id": uuid_of(rng), "manufacturer": maker, "model": model, "type": platform}
        context["os"] = {"name": "iOS" if platform == "ios" else "Android", "version": system}
        context["network"] = {"wifi": rng.random() < 0.6, "cellular": True}
    return Device(platform, uuid_of(rng), context, skew_ms)
