"""The pages shown when something went wrong: what it was, and the way on."""

from __future__ import annotations

from flask import Flask, render_template
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError  # type: ignore[import-untyped]
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from tributary.assets.sneakers.app.errors import NotThere
from tributary.resources.gateway.logs import described

_SENTENCES = {
    400: "The request could not be understood.",
    404: "There is no such page.",
    405: "This page cannot be used like that.",
    413: "This was too much at once: nothing was recorded. A larger export comes in by `tributary import-sneakers`.",
}


def register(app: Flask) -> None:
    """Make every failure a page of the app."""

    @app.errorhandler(CSRFError)
    def _forged(_: Exception) -> ResponseReturnValue:
        return _page(
            400,
            "The form was not sent from a page of this browser's session, so nothing was recorded: open the form anew "
            "and send it again. Cookies must be allowed for this site.",
        )

    @app.errorhandler(NotThere)
    def _not_there(error: NotThere) -> ResponseReturnValue:
        return _page(404, str(error))

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> ResponseReturnValue:
        code = error.code or 500
        return _page(code, _SENTENCES.get(code, "Something went wrong here, and nothing was recorded."))

    @app.errorhandler(DBAPIError)
    @app.errorhandler(PoolTimeout)
    def _database(error: Exception) -> ResponseReturnValue:
        app.logger.error("The database did not do what was asked of it:\n%s", described(error))
        if isinstance(error, OperationalError | PoolTimeout):
            return _page(503, "The database cannot be reached or is too busy: please send the form again in a moment.")
        return _page(500, "The database refused this, and nothing was recorded.")


def _page(code: int, sentence: str) -> ResponseReturnValue:
    return render_template("fault.html", sentence=sentence), code
