"""The answer to Prometheus, in the form that it asks for."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tributary.web.metrics.requests import Requests
from tributary.web.metrics.standing import Standing

PATH = "/metrics"


class Metrics:
    """The metrics of a web process: those of its requests, of itself, and of how the platform stands."""

    def __init__(self, standing: Standing) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self.requests = Requests(self._registry)
        ProcessCollector(registry=self._registry)
        self._registry.register(standing)
        self.application = Starlette(routes=[Route(PATH, self._answer)])

    async def _answer(self, request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        # What is asked of databases must not hold up other requests.
        told = await run_in_threadpool(encode, self._registry)
        return Response(told, headers={"Content-Type": content_type, "Cache-Control": "no-store"})
