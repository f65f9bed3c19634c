"""A password of Postgres that renews itself: kept in a file that libpq reads whenever a connection is opened.

A setting is read once, and a password in it is wrong from the minute in which Secrets Manager has made another. So
where `TRIBUTARY_POSTGRES_URL` names a secret of RDS's form, the part runs with the URL without the password, and with
libpq's password file (https://www.postgresql.org/docs/current/libpq-pgpass.html), which follows the secret.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import MutableMapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tributary.resources.home import put_whole
from tributary.resources.secret_references import SecretError, is_reference, look_up

VARIABLE = "TRIBUTARY_POSTGRES_URL"
PACE_SECONDS = 60.0

_LOG = logging.getLogger(__name__)


def keep_password(
    home: Path, environment: MutableMapping[str, str] = os.environ, pace: float = PACE_SECONDS
) -> threading.Event:
    """Keep the password out of the settings, and the file as it is now; nothing where no secret is named.

    Returns what ends the looking when it is set.

    Args:
        home: where the file is.
        environment: the variables of this process, before settings are read.
        pace: seconds between looks at the secret, on a thread, until the process ends.

    Raises:
        SecretError: the secret cannot be had.
    """
    enough = threading.Event()
    reference = environment.get(VARIABLE, "")
    if not is_reference(reference):
        return enough
    region = environment.get("TRIBUTARY_AWS_REGION")
    endpoint = environment.get("TRIBUTARY_AWS_ENDPOINT_URL")
    url = look_up(reference, region, endpoint)
    parts = urlsplit(url)
    if parts.password is None:
        return enough
    file = home / "run" / "postgres-password"
    _write(file, url)
    where = parts.netloc.rpartition("@")[2]
    environment[VARIABLE] = parts._replace(netloc=f"{parts.netloc.partition(':')[0]}@{where}").geturl()
    environment["PGPASSFILE"] = str(file)

    def follow(last: str) -> None:
        while not enough.wait(pace):
            try:
                found = look_up(reference, region, endpoint)
            except SecretError as error:
                _LOG.warning("%s The password of before is used.", error)
                continue
            if found != last:
                _write(file, found)
                last = found

    threading.Thread(target=follow, args=(url,), name="password", daemon=True).start()
    return enough


def _write(file: Path, url: str) -> None:
    parts = urlsplit(url)
    user, password = (
        unquote(one or "").replace("\\", r"\\").replace(":", r"\:") for one in (parts.username, parts.password)
    )
    # libpq takes no file that others can read.
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    umask = os.umask(0o077)
    try:
        put_whole(file, f"*:*:*:{user}:{password}\n".encode())
    finally:
        os.umask(umask)
