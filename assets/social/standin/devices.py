"""What people use: browsers, phones, and one old desktop client, with the context that their library sends.

Addresses are from the blocks reserved for documentation (RFC 5737), names from the reserved top-level domain `.example`
(RFC 2606): nobody real is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from tributary.assets.social.standin.chance import uuid_of

SITE = "https://www.wrenfield.example"
Platform = Literal["web", "ios", "android", "desktop"]

_BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0",
)
_PHONES: dict[str, tuple[tuple[str, str, str], ...]] = {
    # maker, model, version of the system
    "ios": (("Apple", "iPhone14,7", "17.5"), ("Apple", "iPhone15,4", "17.4.1"), ("Apple", "iPad13,18", "16.7")),
    "android": (("Google", "Pixel 7a", "14"), ("samsung", "SM-A546B", "13"), ("Fairphone", "FP5", "13")),
}
_LIBRARIES = {
    "web": {"name": "analytics.js", "version": "next-1.70.0"},
    "ios": {"name": "analytics-swift", "version": "1.6.0"},
    "android": {"name": "analytics-kotlin", "version": "1.16.3"},
    "desktop": {"name": "analytics-python", "version": "1.2.9"},
}
_BLOCKS = ("192.0.2", "198.51.100", "203.0.113")


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
        "ip": f"{rng.choice(_BLOCKS)}.{rng.randint(1, 254)}",
        "library": _LIBRARIES[platform],
        "locale": locale,
        "timezone": timezone,
    }
    if platform == "web":
        context["userAgent"] = rng.choice(_BROWSERS)
    elif platform == "desktop":
        context["userAgent"] = "WrenfieldDesktop/2.3"
    else:
        maker, model, system = rng.choice(_PHONES[platform])
        context["app"] = {"name": "Wrenfield", "version": "5.12.1", "build": "51210"}
        context["device"] = {"id": uuid_of(rng), "manufacturer": maker, "model": model, "type": platform}
        context["os"] = {"name": "iOS" if platform == "ios" else "Android", "version": system}
        context["network"] = {"wifi": rng.random() < 0.6, "cellular": True}
    return Device(platform, uuid_of(rng), context, skew_ms)
