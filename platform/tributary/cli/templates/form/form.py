"""The form: a page of the web process. The gateway before it says who asks, and lets no other site send anything."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from tributary.cli.templates.form.source import LOG
from tributary.sdk import PAGE_HEADERS, page_templates, principal_of

LONGEST = 200
MOST = Decimal(10) ** 10


def read(entered: Mapping[str, str]) -> tuple[dict[str, object], dict[str, str]]:
    """The entry that was sent, and by field what is wrong with it."""
    label, amount = entered.get("label", "").strip(), entered.get("amount", "").strip()
    wrong: dict[str, str] = {}
    if not label or len(label) > LONGEST or not label.isprintable():
        wrong["label"] = f"Say what it is about, in at most {LONGEST} characters."
    try:
        if amount and not abs(Decimal(amount)) < MOST:
            raise InvalidOperation
        if amount and Decimal(amount) != round(Decimal(amount), 2):
            raise InvalidOperation
    except InvalidOperation:
        wrong["amount"] = "Write a number with two decimals at most, such as 12.50."
    return {"label": label, **({"amount": amount} if amount else {})}, wrong


def create_app(url: str) -> Starlette:
    """The form's application, on the database of a URL, where its log is made if it is missing."""
    LOG.make(url)
    template = page_templates(Path(__file__).parent).get_template("form.html")

    def page(status: int = 200, **told: object) -> Response:
        values = {"entered": {}, "wrong": {}, "done": False, **told}
        return HTMLResponse(template.render(values), status, {**PAGE_HEADERS, "Cache-Control": "no-store"})

    async def show(request: Request) -> Response:
        return page(done="done" in request.query_params)

    async def take(request: Request) -> Response:
        entered = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        entry, wrong = read(entered)
        if wrong:
            return page(422, entered=entered, wrong=wrong)
        await run_in_threadpool(LOG.append, url, entry, principal_of(request.scope).name)
        return RedirectResponse("?done", 303)

    return Starlette(routes=[Route("/", show), Route("/", take, methods=["POST"])])
