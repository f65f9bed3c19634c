"""What stands before an application in a process of its own: it answers to nobody but the gateway.

Whoever reaches its port without the gateway's signed word is refused, on loopback too, unless the settings say that
whoever asks there is the owner (`TRIBUTARY_DIRECT_PORTS`).
"""

from __future__ import annotations

from joserfc.jwk import OctKey
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from tributary.identity.signing import HEADER, Forged, read, without_principal
from tributary.resources.principal import OWNER, Principal, with_principal

_REFUSED = "Nobody is served here directly: go by the address that `tributary up` prints.\n"
_POLICY_VIOLATION = 1008


class Behind:
    """An application that serves whom the gateway names.

    Args:
        application: finds the principal by `principal_of`.
        audience: the application's name in the gateway's word.
        key: what that is signed with.
        open_paths: what anybody may ask, as for whether it is up.
        direct: whether who comes without the gateway is the owner.
    """

    def __init__(
        self,
        application: ASGIApp,
        audience: str,
        key: OctKey,
        open_paths: frozenset[str] = frozenset(),
        *,
        direct: bool = False,
    ) -> None:
        self._application, self._audience, self._key = application, audience, key
        self._open_paths, self._direct = open_paths, direct

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's event, as ASGI has it."""
        if scope["type"] not in ("http", "websocket") or scope["path"] in self._open_paths:
            await self._application(scope, receive, send)
            return
        principal = self._principal(scope)
        if principal is not None:
            scope = with_principal({**scope, "headers": without_principal(scope["headers"])}, principal)
            await self._application(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": _REFUSED.strip()})
        else:
            await PlainTextResponse(_REFUSED, 401)(scope, receive, send)

    def _principal(self, scope: Scope) -> Principal | None:
        words = [value for name, value in scope["headers"] if name.lower() == HEADER]
        if not words:
            return OWNER if self._direct else None
        try:
            return read(words[0], self._audience, self._key) if len(words) == 1 else None
        except Forged:
            return None
