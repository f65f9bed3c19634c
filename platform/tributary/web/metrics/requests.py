"""Counts requests by the template of their route, so that there are as many series as routes, whatever is asked."""

from __future__ import annotations

import inspect
import time

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_OTHER = "other"
_MOST_ROUTES = 300
"""More than there are; what would be counted beyond is no template."""


class Requests:
    """What is counted of all applications of a process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._routes: set[str] = set()
        self._requests = Counter(
            "tributary_http_requests", "Requests that were answered.", ["method", "route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "tributary_http_request_seconds",
            "Seconds from a request to the end of its answer.",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )

    def of(self, app: ASGIApp, path: str) -> ASGIApp:
        """The application at `path` with its requests counted; one that has no routes of its own is one route."""

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            began, status = time.perf_counter(), 500

            async def noted(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                await send(message)

            try:
                await app(scope, receive, noted)
            finally:
                route = self._known(_template(scope, path))
                method = scope["method"] if scope["method"] in _METHODS else "other"
                self._requests.labels(method, route, str(status)).inc()
                self._seconds.labels(route).observe(time.perf_counter() - began)

        return counted

    def _known(self, route: str) -> str:
        if route not in self._routes and len(self._routes) >= _MOST_ROUTES:
            return _OTHER
        self._routes.add(route)
        return route


def _template(scope: Scope, path: str) -> str:
    """The template of the route that answered, as the frameworks note it in the scope; else its application's path."""
    root, route, endpoint = scope.get("root_path", ""), scope.get("route"), scope.get("endpoint")
    if (template := getattr(route, "path", None)) is not None:
        return str(template) if str(template).startswith(root or path) else f"{root or path}{template}"
    if not inspect.isroutine(endpoint):
        return root or path or _OTHER
    found = str(scope["path"])
    for name, value in sorted(scope.get("path_params", {}).items(), key=lambda one: -len(str(one[1]))):
        found = found.replace(str(value), f"{{{name}}}", 1) if str(value) else found
    return found
