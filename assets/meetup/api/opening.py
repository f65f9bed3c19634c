"""Opens Meetup as the settings say: the real API where a token is set, else the simulator on this machine.

Which groups are looked for follows from the settings too. What is done with the answers belongs to the source.
"""

from __future__ import annotations

import socket
import threading

from pydantic import SecretStr

from tributary.assets.meetup.api.bucket import Bucket, FileBucket
from tributary.assets.meetup.api.client import MeetupClient
from tributary.assets.meetup.api.errors import MeetupError
from tributary.assets.meetup.api.search import Search
from tributary.assets.meetup.settings import MeetupSettings
from tributary.resources.postgres.shared import shared_databases
from tributary.resources.settings import Settings, own_settings

REQUESTS_PER_MINUTE = 500
"""What Meetup allows: https://www.meetup.com/graphql/guide/"""

SIMULATOR_TOKEN = "simulator"  # noqa: S105 - everybody may know it
_UNTHROTTLED = 10_000_000
_KNOCK_SECONDS = 1.0


class MeetupAbsentError(MeetupError):
    """There is nothing to ask: no token is set, and no simulator runs."""


class Meetup:
    """The API that the settings name, opened on first use. May be used by several threads."""

    def __init__(self, settings: Settings, own: MeetupSettings) -> None:
        self._settings, self._own = settings, own
        self._client: MeetupClient | None = None
        self._lock = threading.Lock()

    @property
    def configured(self) -> bool:
        """Whether there is anything that could be asked, up or not."""
        return self._own.token is not None or self._settings.samples

    @property
    def simulated(self) -> bool:
        """Whether the simulator stands in for Meetup."""
        return self._own.token is None and self._settings.samples

    @property
    def origin(self) -> str:
        """From where answers come, by name: the simulator, or the endpoint."""
        return "the simulator" if self.simulated else self._own.url

    @property
    def search(self) -> Search:
        """What groups are looked for.

        Raises:
            MeetupUsageError: the settings name no topic, or no place on earth.
        """
        own = self._own
        topics = tuple(topic.strip() for topic in own.topics.split(",") if topic.strip())
        return Search(topics, own.lat, own.lon, own.radius)

    @property
    def absence(self) -> str | None:
        """Why nothing can be asked at this moment, in one sentence; None where something can."""
        if not self.configured:
            return "Meetup cannot be asked without a token; set TRIBUTARY_MEETUP_TOKEN."
        if self.simulated and not _listens(self._own.port):
            return (
                "No token for Meetup is set, and its simulator does not listen on port "
                f"{self._own.port}; start it with `tributary up`, or set TRIBUTARY_MEETUP_TOKEN."
            )
        return None

    def client(self) -> MeetupClient:
        """The client, the same at each call.

        Raises:
            MeetupAbsentError: no token is set, and no simulator answers.
            MeetupError: the settings cannot be used.
        """
        with self._lock:
            if self._client is None:
                absence = self.absence
                if absence is not None:
                    raise MeetupAbsentError(absence)
                self._client = self._opened()
            return self._client

    def close(self) -> None:
        """Close the connections; the next use opens them anew."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _opened(self) -> MeetupClient:
        own = self._own
        if own.token is None:
            # The simulator is nobody's to spare, and what it allows has nothing to do with the token's allowance.
            return MeetupClient(simulator_url(own), SecretStr(SIMULATOR_TOKEN), Bucket(_UNTHROTTLED))
        return MeetupClient(own.url, own.token, self._bucket())

    def _bucket(self) -> Bucket:
        """The allowance of the token: of all that share a server by URL, else of this machine."""
        settings = self._settings
        if settings.postgres_url is None:
            return FileBucket(settings.home / "run" / "meetup-bucket", REQUESTS_PER_MINUTE)
        from tributary.assets.meetup.api.shared_bucket import SharedBucket

        return SharedBucket(lambda: shared_databases(settings).url("app"), self._own.url, REQUESTS_PER_MINUTE)


def open_meetup(settings: Settings, own: MeetupSettings | None = None) -> Meetup:
    """The resource `meetup`; nothing is opened or asked before its first use."""
    return Meetup(settings, own or own_settings(MeetupSettings))


def simulator_url(own: MeetupSettings) -> str:
    """The simulator's endpoint."""
    return f"http://127.0.0.1:{own.port}/gql-ext"


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_KNOCK_SECONDS):
            return True
    except OSError:
        return False
