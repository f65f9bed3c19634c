"""Tells somebody that a request has ended: by mail, or by a webhook, with the link to it.

Where it may go is the settings' to say (`mail_url`, `webhook_hosts`): whoever asks a report must not be able to make
the platform send what it likes to whom it can reach. A notice that fails, fails nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from tributary.assets.reporting.requests import Request, Unusable
from tributary.resources.errors import UsageError
from tributary.resources.settings import Settings

_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")
"""A mail address as HTML's form field takes it (WHATWG HTML, valid e-mail address)."""

_LONGEST = 2_000
_SECONDS = 5.0
_SCHEMES = {"https": "jsons", "http": "json"}


def checked_address(settings: Settings, address: str) -> str:
    """Where a notice goes, as it is kept: a mail address, or a webhook's URL; empty for nowhere.

    Raises:
        Unusable: nothing may be sent there.
    """
    address = address.strip()
    if not address:
        return ""
    if len(address) > _LONGEST or not address.isprintable():
        raise Unusable("notify", "The address of a notice is too long, or holds what no address does.")
    if _MAIL.fullmatch(address):
        if settings.mail_url is None:
            raise Unusable(
                "notify", "No mail can be sent from here: TRIBUTARY_MAIL_URL says by which server it would be."
            )
        return address
    parts = _parts(address)
    if parts is None:
        raise Unusable("notify", "A notice goes to a mail address, or to a webhook's URL that begins with https://.")
    if parts not in settings.webhooks:
        raise Unusable(
            "notify", f"No notice may be sent to {parts}: TRIBUTARY_WEBHOOK_HOSTS lists the hosts that take them."
        )
    return address


def send_notice(settings: Settings, request: Request, title: str) -> str:
    """Send the notice of a request that has ended; a sentence on what became of it, which tells no address."""
    import apprise

    try:
        address = checked_address(settings, request.notify)
    except UsageError as error:
        return f"The notice was not sent: {error}"
    asset = apprise.AppriseAsset(app_id="Tributary", app_desc="Reports", app_url=settings.address, async_mode=False)
    sender = apprise.Apprise(asset=asset)
    if not sender.add(_apprise_url(settings, address)):
        return "The notice was not sent: its address, or TRIBUTARY_MAIL_URL, is none that can be sent to."
    kind = apprise.NotifyType.SUCCESS if request.state == "finished" else apprise.NotifyType.FAILURE
    if sender.notify(title=_subject(request, title), body=_text(settings, request), notify_type=kind):
        return "The notice was sent."
    return "The notice could not be sent: the server did not take it."


def _parts(address: str) -> str | None:
    """The host, and the port where there is one, of a webhook; None where it is no URL of one."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _SCHEMES or not parts.hostname or parts.username is not None:
        return None
    return parts.hostname if port is None else f"{parts.hostname}:{port}"


def _apprise_url(settings: Settings, address: str) -> str:
    """The address in apprise's form; its options would change what is sent, so that a query goes as the URL's own."""
    if settings.mail_url is not None and _MAIL.fullmatch(address):
        base = settings.mail_url.get_secret_value()
        return f"{base}{'&' if '?' in base else '?'}to={quote(address, safe='')}&{_TIMEOUTS}"
    parts = urlsplit(address)
    options: Mapping[str, str] = {f"-{name}": value for name, value in _query(parts.query)}
    told = "&".join(f"{quote(name, safe='-')}={quote(value, safe='')}" for name, value in options.items())
    return f"{_SCHEMES[parts.scheme]}://{parts.netloc}{quote(parts.path, safe='/%')}?{told}&{_TIMEOUTS}"


_TIMEOUTS = f"cto={_SECONDS}&rto={_SECONDS}&redirect=no"


def _query(text: str) -> list[tuple[str, str]]:
    from urllib.parse import parse_qsl

    return parse_qsl(text, keep_blank_values=True)


def _subject(request: Request, title: str) -> str:
    return f"{title}: {request.state}"


def _text(settings: Settings, request: Request) -> str:
    rows = "" if request.rows is None else f" It has {request.rows:,} rows."
    told = f" {request.sentence}" if request.sentence else ""
    return f"The report asked by {request.who} has {request.state}.{rows}{told}\n{link(settings, request)}"


def link(settings: Settings, request: Request) -> str:
    """The stable address of a request."""
    return f"{settings.address}/reports/requests/{request.id}"
