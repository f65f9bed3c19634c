"""A report that is asked for again and again: each request comes to an end, with the rows that it tells."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from bench.soak.running import Running
from bench.soak.stream import Stream

REPORT = "ornament_verification"
ASKED = {"lines": [{"code": "b1", "lower_count": 2, "upper_count": 4}]}
_TIMEOUT = 10.0


class Extracts(Stream):
    """A request a day."""

    def __init__(self, url: str) -> None:
        self._base, self._taken, self._in_vain = f"{url}/api/v1/reports", list[str](), 0
        self._states: dict[str, str] = {}

    def day(self, _day: int) -> None:
        """Ask for the report."""
        try:
            taken = self._ask(f"{REPORT}/requests", {"parameters": ASKED})
        except OSError:
            self._in_vain += 1
        else:
            self._taken.append(str(taken["id"]))

    def missing(self, _running: Running) -> list[str]:
        """Requests that were never answered, or whose file has other rows than they tell."""
        faults = []
        for one in self._taken:
            try:
                found = self._ask(f"requests/{one}")
                self._states[one] = str(found["state"])
                if self._states[one] == "finished":
                    lines = self._read(f"requests/{one}/download?format=csv").count(b"\n") - 1
                    faults += [f"request {one} has {lines} lines of {found['rows']}"] * (lines != found["rows"])
                elif self._states[one] not in ("failed", "cancelled"):
                    faults.append(f"request {one} is {self._states[one]} still")
            except OSError as error:
                faults.append(f"request {one} is not told of: {error}")
        return faults

    def told(self) -> str:
        """How many there were, and what became of them."""
        states = sorted(set(self._states.values()))
        became = ", ".join(f"{list(self._states.values()).count(state)} {state}" for state in states)
        return f"Reports that were asked for: {len(self._taken)} ({became or 'none'}); in vain: {self._in_vain}."

    def _ask(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._read(path, body))
        return found

    def _read(self, path: str, body: dict[str, Any] | None = None) -> bytes:
        request = urllib.request.Request(  # noqa: S310 - an address of our own
            f"{self._base}/{path}",
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310
            read: bytes = answer.read()
            return read
