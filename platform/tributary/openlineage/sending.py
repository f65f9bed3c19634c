"""Sends what is new in the event log to the receiver that the settings name."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from openlineage.client import OpenLineageClient
from openlineage.client.transport.file import FileConfig, FileTransport
from openlineage.client.transport.http import ApiKeyTokenProvider, HttpConfig, HttpTransport
from requests import RequestException
from sqlalchemy.engine import Engine

from tributary.catalogue import get_catalogue
from tributary.openlineage import reading
from tributary.openlineage.datasets import datasets_of
from tributary.openlineage.telling import Log, Teller
from tributary.resources.errors import TributaryError
from tributary.resources.postgres.shared import shared_databases
from tributary.resources.settings import OWN_CONFIGURATION, Settings

MOST = 500
"""Events of Dagster that one look reads."""

LONGEST_SECONDS = 20.0
"""For so long one look sends; what is left is sent at the next one."""

_TIMEOUT_SECONDS = 5.0
_AGAIN = (408, 425, 429)


class ReceiverError(TributaryError):
    """The receiver of OpenLineage's events takes none."""


class Sent(NamedTuple):
    """What became of one look: the place in the log up to which all was told, and how many events were refused."""

    up_to: int
    events: int
    refused: int
    problem: str


def send_new(settings: Settings, engine: Engine, after: int, statement: Callable[[str], str | None]) -> Sent:
    """Send what was stored after a place in the event log, in its order, as far as the receiver takes it.

    An event that the receiver will never take is left out, so that it holds up no other; where it does not answer, all
    is sent again at the next look. `statement` gives the SELECT of a model, in the dialect of Postgres.
    """
    log = Log(lambda run, step: reading.events_of_step(engine, run, step), lambda run: reading.open_steps(engine, run))
    datasets = datasets_of(settings, get_catalogue(), shared_databases(settings).url("warehouse"))
    teller, client = Teller(datasets, statement, log), _client(settings)
    up_to, events, refused, deadline = after, 0, 0, time.monotonic() + LONGEST_SECONDS
    try:
        for stored in reading.new_events(engine, after, MOST):
            for event in teller.events(stored.entry):
                problem = _refusal(partial(client.emit, event))
                refused, events = refused + bool(problem), events + 1
            up_to = stored.id
            if time.monotonic() > deadline:
                break
    except OSError as error:
        return Sent(up_to, events, refused, f"{type(error).__name__}: {str(error).partition(chr(10))[0]}")
    finally:
        client.close(_TIMEOUT_SECONDS)
    return Sent(up_to, events, refused, "")


def _refusal(send: Callable[[], None]) -> str:
    """Why the receiver will never take an event; empty where it took it.

    Raises:
        OSError: it does not answer, or cannot take it now.
    """
    try:
        send()
    except RequestException as error:
        status = error.response.status_code if error.response is not None else 0
        if 400 <= status < 500 and status not in _AGAIN and status not in (401, 403, 404):
            return str(error)
        raise
    return ""


def _client(settings: Settings) -> OpenLineageClient:
    """A client that sends where the settings say, or where the client's own configuration does."""
    where = settings.openlineage
    if where == OWN_CONFIGURATION:
        return OpenLineageClient()
    if not where.startswith(("http://", "https://")):
        return OpenLineageClient(transport=FileTransport(FileConfig(where, append=True)))
    # Trying again is the next look's.
    config = HttpConfig(where, timeout=_TIMEOUT_SECONDS, retry={"total": 0})
    if settings.openlineage_key is not None:
        config.auth = ApiKeyTokenProvider({"api_key": settings.openlineage_key.get_secret_value()})
    return OpenLineageClient(transport=HttpTransport(config))
