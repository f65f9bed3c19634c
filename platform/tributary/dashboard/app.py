"""Streamlit's server as an ASGI application behind the gateway."""

from __future__ import annotations

from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tributary.assets import pages
from tributary.dashboard.asking import Asking, told
from tributary.dashboard.asleep import HEALTH
from tributary.identity.behind import Behind
from tributary.identity.signing import DASHBOARD, signing_key
from tributary.resources.postgres.databases import Databases
from tributary.resources.principal import principal_of
from tributary.resources.settings import Settings

MAIN = Path(__file__).with_name("main_page.py")

_COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#999999"]
"""Okabe and Ito's, which all kinds of colour sight tell apart."""

_ON_DARK = ["#56b4e9", *(one for one in _COLOURS if one != "#56b4e9")]
"""The same, begun with the one that is the linked pictures' on dark."""

_OPTIONS = {
    "server.headless": True,
    "server.fileWatcherType": "none",
    "server.maxUploadSize": 1,
    "browser.gatherUsageStats": False,
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "runner.magicEnabled": False,
    "logger.level": "warning",
    # Of both themes, so that each looks as the reader's system does.
    "theme.light.chartCategoricalColors": _COLOURS,
    "theme.dark.chartCategoricalColors": _ON_DARK,
    "theme.headingFontSizes": ["2rem", "1.4rem", "1.1rem", "1rem", "1rem", "1rem"],
    "theme.light.primaryColor": "#0072b2",
    "theme.dark.primaryColor": "#56b4e9",
}
"""Options of Streamlit: it asks and tells nobody else anything, and shows a page's mistakes without their values."""

_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "font-src 'self' data:; img-src 'self' data: blob:{tiles}; media-src 'self' blob:; connect-src 'self'; "
    "worker-src 'self' blob:; manifest-src 'self'; form-action 'self'; base-uri 'self'; frame-ancestors 'none'"
)


def headers_of(settings: Settings) -> dict[str, str]:
    """What pages carry for the browser's protection; Streamlit's own page has inline scripts and styles."""
    origin = "/".join(settings.map_tiles.split("/")[:3])
    return {
        "Content-Security-Policy": _POLICY.format(tiles=f" {origin}" if origin else ""),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
    }


def create_app(settings: Settings, databases: Databases, path: str) -> ASGIApp:
    """The dashboard below a path of the one address; pages ask an API of this process, as whoever looks at them."""
    from streamlit import config
    from streamlit.logger import set_log_level
    from streamlit.starlette import App

    # It reads its files of options when it is made, and these when it is first asked.
    application = App(MAIN)
    for name, value in {**_OPTIONS, "server.baseUrlPath": path.strip("/")}.items():
        config.set_option(name, value)
    set_log_level("WARNING")
    tiles = pages.Tiles(settings.map_tiles, settings.map_credit) if settings.map_tiles else None
    pages.connect(Asking(settings, databases).ask, tiles)
    return Behind(
        _Told(application, headers_of(settings)),
        DASHBOARD,
        signing_key(settings.home),
        frozenset({path + HEALTH}),
        direct=settings.direct_ports,
    )


class _Told:
    """Tells the scripts who asks, and the browser what it may load."""

    def __init__(self, application: ASGIApp, headers: dict[str, str]) -> None:
        self._application, self._headers = application, headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._application(scope, receive, send)
            return
        name = pages.WHO.lower().encode()
        others = [one for one in scope["headers"] if one[0].lower() != name]
        who = told(principal_of(scope)) if scope["type"] == "websocket" else b""

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self._application({**scope, "headers": [*others, (name, who)]}, receive, answer)
