"""What the pages of reports take: whoever reads may fill in forms, and who asks must operate."""

from __future__ import annotations

from tributary.identity.rules import ByMethod, Need, Request
from tributary.resources.principal import Role

FORM = "/form"
"""The end of the path to which a form is sent to be shown again; nothing comes of it."""


class ReportRules(ByMethod):
    """As everywhere, except that a form that is merely filled in is read."""

    def request(self, request: Request) -> Need:
        if request.method == "POST" and request.path.endswith(FORM):
            return Need(Role.VIEWER)
        return super().request(request)
