"""To whom alerts go, and sending one: apprise's URLs, which hold secrets and are never shown, noted or logged."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from tributary.alerts.deciding import Message
from tributary.resources.secret import session_secret
from tributary.resources.settings import Settings

_SECONDS = 5.0


@dataclass(frozen=True)
class Destination:
    """Somewhere that alerts go: what it is noted by, what people call it, and its URL."""

    id: str
    name: str
    url: str = field(repr=False)


def destinations(settings: Settings) -> Sequence[Destination]:
    """Where the settings send alerts, each once; noted by a keyed digest, as a URL may hold a password."""
    key = session_secret(settings).encode()
    found: dict[str, Destination] = {}
    for number, url in enumerate(settings.alert_destinations, 1):
        digest = hmac.new(key, url.encode(), hashlib.sha256).hexdigest()[:32]
        found.setdefault(digest, Destination(digest, f"{url.partition('://')[0]}, number {number}", url))
    return list(found.values())


def send(settings: Settings, destination: Destination, message: Message) -> bool:
    """Send a message now; whether it was taken. What went wrong is not told, as it could tell the URL."""
    import apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    asset = apprise.AppriseAsset(app_id="Tributary", app_desc="Alerts", app_url=settings.address, async_mode=False)
    sender = apprise.Apprise(asset=asset)
    url = destination.url
    if not sender.add(f"{url}{'&' if '?' in url else '?'}cto={_SECONDS}&rto={_SECONDS}&overflow=split"):
        return False
    kind = apprise.NotifyType.SUCCESS if message.is_good else apprise.NotifyType.FAILURE
    text = apprise.NotifyFormat.TEXT
    return bool(sender.notify(title=message.title, body=message.body, notify_type=kind, body_format=text))
