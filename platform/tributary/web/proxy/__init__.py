"""What hands requests on to a server behind the one address: by httpx2, and websockets by websockets.

An `Upstream` is an ASGI application; one line in `tributary.web.app` declares one. Requests and answers stream,
whatever their size. Who somebody is was asked before: the principal in the scope is signed for the upstream.
"""

from tributary.web.proxy.upstream import Upstream

__all__ = ["Upstream"]
