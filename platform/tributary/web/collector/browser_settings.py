"""The settings with which analytics.js and the mobile libraries begin: send to this collector, and to nobody else.

They ask for them at `/v1/projects/<write key>/settings` of the host that they are given as CDN. The form is that of
Segment's own answer, as https://github.com/segmentio/analytics-next reads it (`CDNSettings`).
"""

from __future__ import annotations

from collections.abc import Mapping

from tributary.web.collector.answers import Answer, answer

_NOT_KEPT = (b"cache-control", b"no-cache")


def settings(write_key: str, scheme: str, host: str) -> Answer:
    """The settings for senders who reach the collector at `host` (with its port), over http or https."""
    destination: Mapping[str, object] = {
        "apiKey": write_key,
        "apiHost": f"{host}/v1",
        "protocol": scheme,
        "type": "browser",
        "versionSettings": {"componentTypes": ["browser"]},
        "bundlingStatus": "bundled",
        "unbundledIntegrations": [],
        "addBundledMetadata": False,
        "maybeBundledConfigIds": {},
    }
    content = {
        "integrations": {"Segment.io": destination},
        "plan": {"track": {"__default": {"enabled": True, "integrations": {}}}, "identify": {}, "group": {}},
        "edgeFunction": {},
        "middlewareSettings": {},
        "enabledMiddleware": {},
        "analyticsNextEnabled": True,
        "legacyVideoPluginsEnabled": False,
        "remotePlugins": [],
        # Otherwise the libraries tell Segment how they fare.
        "metrics": {"sampleRate": 0, "host": f"{host}/v1"},
    }
    return answer(200, content, [_NOT_KEPT])
