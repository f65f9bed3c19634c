"""Asks the API for the records of a day, page by page."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import httpx

from tributary.cli.templates.api.source import ExampleSettings
from tributary.sdk import TributaryError, own_settings

STANDIN_KEY = "of-the-stand-in"
"""What the stand-in takes for a token: known to everybody, and good for nothing else."""

SECONDS = 60.0


class ExampleError(TributaryError):
    """The API did not answer as it should; nothing of the day was kept."""


def address(own: ExampleSettings) -> str:
    """Where to ask: the API of the settings, or its stand-in."""
    return own.url or f"http://127.0.0.1:{own.port}"


def fetch(day: date) -> bytes:
    """The records of a day, as JSON lines.

    Raises:
        ExampleError: the API cannot be asked, or gave less than it said.
    """
    own = own_settings(ExampleSettings)
    url = address(own)
    if own.url is not None and own.token is None:
        raise ExampleError(f"{url} asks for a token: set TRIBUTARY_EXAMPLE_TOKEN.")
    token = own.token.get_secret_value() if own.token is not None else STANDIN_KEY
    with httpx.Client(timeout=SECONDS, headers={"Authorization": f"Bearer {token}"}) as client:
        page = _page(client, url, {"day": str(day)})
        records: list[Any] = [*page["records"]]
        while page["next"] is not None:
            page = _page(client, url, {"day": str(day), "after": page["next"]})
            records += page["records"]
    if len(records) != page["total"]:
        said = f"{url} said that {day} has {page['total']} records, and gave {len(records)}"
        raise ExampleError(f"{said}: pull it again.")
    return "".join(f"{json.dumps(record)}\n" for record in records).encode()


def _page(client: httpx.Client, url: str, asked: dict[str, str]) -> dict[str, Any]:
    """One page: its `records`, how many there are in `total`, and what the `next` page comes after."""
    day = asked["day"]
    try:
        answer = client.get(f"{url}/records", params=asked)
        answer.raise_for_status()
        found = answer.json()
    except httpx.HTTPStatusError as error:
        raise ExampleError(f"{url} answered {error.response.status_code} for {day}.") from None
    except (httpx.HTTPError, ValueError) as error:
        raise ExampleError(f"{url} gave no answer for {day} ({type(error).__name__}).") from None
    if not isinstance(found, dict) or not {"records", "total", "next"} <= found.keys():
        raise ExampleError(f"{url} answered for {day} with what is no page of records.")
    return found
