"""Sends one query and comes back with its value: the token, the rate limit, the time-outs and the retries.

What an answer means is judged in `answers`, and pages are walked in `paging`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping
from typing import Any, TypeVar

import httpx
import stamina
from pydantic import SecretStr
from stamina.instrumentation import LoggingOnRetryHook, set_on_retry_hooks

from tributary.assets.meetup.api.answers import Answer, Told, told_by
from tributary.assets.meetup.api.bucket import Bucket, Clock
from tributary.assets.meetup.api.errors import (
    MeetupError,
    MeetupQuotaError,
    MeetupRateLimitError,
    MeetupTokenError,
    MeetupTransientError,
    MeetupUnavailableError,
)
from tributary.assets.meetup.api.queries import Query

T = TypeVar("T")

ATTEMPTS = 8
ASKED_FOR_HOLES = 3
"""So many answers with holes are heard before one is taken: a field may fail once, or for ever."""

LONGEST_PAUSE = 300.0
"""Seconds; where Meetup asks for a longer pause, the run fails instead of holding its place."""


# Left to itself, stamina tells of retries by structlog where that is installed, which prints to the standard output;
# that belongs to the command line.
set_on_retry_hooks([LoggingOnRetryHook])


class _Bearer(httpx.Auth):
    """Puts the token on a request, so that no other object holds it in the clear."""

    def __init__(self, token: SecretStr) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"
        yield request


class Sender:
    """Sends queries to one endpoint, each when `bucket` lets it through. May be used by several threads.

    `timeout` is in seconds, to wait for the server to accept or for the next bytes of its answer; with `direct` the
    proxies that the environment names are passed by.

    Raises:
        MeetupTokenError: for a token that no HTTP header can hold.
    """

    def __init__(
        self,
        url: str,
        token: SecretStr,
        bucket: Bucket,
        clock: Clock,
        timeout: float,
        direct: bool = False,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        plain = token.get_secret_value()
        if not plain.isascii() or not plain.isprintable() or " " in plain or not plain:
            raise MeetupTokenError("TRIBUTARY_MEETUP_TOKEN is empty or holds characters of no token; set it anew.")
        self._url = url
        self._token = token
        self._bucket = bucket
        self._clock = clock
        self._http = httpx.Client(
            auth=_Bearer(token),
            headers={"User-Agent": "Tributary"},
            timeout=timeout,
            transport=transport,
            trust_env=not direct,
            # The token goes to the address that was set, and to no other.
            follow_redirects=False,
        )
        self._calls = 0
        self._counting = threading.Lock()

    @property
    def calls(self) -> int:
        """How many requests were sent, retries included."""
        return self._calls

    def ask(
        self,
        query: Query,
        variables: Callable[[int], Mapping[str, Any]],
        what: str,
        read: Callable[[Told], T],
        whole: Callable[[T], bool] = lambda _: True,
    ) -> T:
        """Send a query until it is answered, and read the answer.

        Args:
            query: the document.
            variables: its variables, by the number of the attempt, from 1; those that met the rate limit do not count.
            what: what is asked for, as a sentence names it.
            read: makes the result of what is told. What it raises counts as the answer's failure: a transient one is
                retried.
            whole: whether nothing is missing in a result. One with holes is asked for again, and taken in the end.

        Raises:
            MeetupUnavailableError: when every attempt failed for a transient reason.
            MeetupQuotaError: when Meetup asks for a pause of more than `LONGEST_PAUSE`.
            MeetupTokenError, MeetupForbiddenError, MeetupQueryError: when Meetup refused.
            MeetupError: as `read` does.
        """
        last: MeetupError
        answered = troubles = 0
        try:
            for attempt in stamina.retry_context(
                on=MeetupTransientError, attempts=ATTEMPTS, timeout=None, wait_initial=0.5, wait_max=30.0
            ):
                with attempt:
                    try:
                        result = read(self._once(query, variables(troubles + 1), what))
                    except MeetupRateLimitError:
                        raise
                    except MeetupTransientError:
                        troubles += 1
                        raise
                    answered += 1
                    if answered < ASKED_FOR_HOLES and not whole(result):
                        raise MeetupTransientError(f"Meetup's answer to {what} has holes.")
                    return result
        except MeetupTransientError as error:
            last = MeetupUnavailableError(
                f"Meetup did not give {what} in {ATTEMPTS} attempts; the last one ended so: {error}"
            )
        except MeetupError as error:
            last = type(error)(str(error))
        raise last

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _once(self, query: Query, variables: Mapping[str, Any], what: str) -> Told:
        self._bucket.take()
        answer = self._answer({"query": query.text, "variables": dict(variables)})
        try:
            return told_by(answer, query.field, what, self._hidden)
        except MeetupRateLimitError as error:
            if error.pause > LONGEST_PAUSE:
                pause = round(error.pause)
            else:
                self._bucket.pause(error.pause)
                raise
        raise MeetupQuotaError(f"Meetup asks for a pause of {pause} seconds; run again after that.")

    def _answer(self, body: Mapping[str, Any]) -> Answer:
        with self._counting:
            self._calls += 1
        try:
            response = self._http.post(self._url, json=body)
            return Answer(response.status_code, response.headers, response.content, self._clock.now())
        except httpx.TimeoutException:
            sentence = "Meetup did not answer in time; try again later."
        except httpx.TransportError as error:
            sentence = f"Meetup could not be reached, or hung up ({type(error).__name__}); try again later."
        except (httpx.DecodingError, httpx.InvalidURL, httpx.StreamError) as error:
            sentence = f"Meetup's answer could not be read ({type(error).__name__}); try again later."
        # Raised out here, as an exception raised above would carry frames that hold the request's headers.
        raise MeetupTransientError(sentence)

    def _hidden(self, text: str) -> str:
        """What the server says, without the token; our own sentences may hold the same letters."""
        return text.replace(self._token.get_secret_value(), "********")
