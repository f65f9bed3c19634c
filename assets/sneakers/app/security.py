"""What every answer of the app carries for the browser's protection, and how its cookie is kept.

Nothing here is about who may use the app: that is asked before it, by the web process that it is mounted in.
"""

from __future__ import annotations

from flask import Flask, Response, request
from flask.sessions import SecureCookieSessionInterface

from tributary.assets.sneakers.services import LARGEST_FORM, LARGEST_UPLOAD
from tributary.resources.look.headers import HEADERS


class Sessions(SecureCookieSessionInterface):
    """The session in a signed cookie, which travels over TLS only where it was set over TLS."""

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002 - the signature is Flask's
        return request.is_secure


def protect(app: Flask) -> None:
    """Set the headers of every answer, the cookie's flags and the limits of a request."""
    app.session_interface = Sessions()
    app.config.update(
        SESSION_COOKIE_NAME="sneakers",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=LARGEST_FORM,
        MAX_FORM_MEMORY_SIZE=LARGEST_FORM,
        # A page may stay open for days; the token is bound to the session, which ends with the browser's.
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.before_request(_allow_files)
    app.after_request(_headers)


def _allow_files() -> None:
    """Let the pages that take files take more than others."""
    if request.endpoint in ("photos.photo", "importing.upload"):
        request.max_content_length = LARGEST_UPLOAD
        # Of the parts beside files; the reader of parts counts what it has in hand of a file, too.
        request.max_form_memory_size = 16 * LARGEST_FORM


def _headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint not in ("static", "look.static"):
        # Choices must not be stale, nor tokens be used again, when a page is gone back to.
        response.headers.setdefault("Cache-Control", "no-store")
    return response
