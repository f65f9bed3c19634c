"""Photos of pairs: shown, given and taken away."""

from __future__ import annotations

from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from tributary.assets.sneakers.app.forms.files import PhotoForm, RemovalOfPhotoForm
from tributary.assets.sneakers.app.here import here
from tributary.assets.sneakers.app.models import Photo
from tributary.assets.sneakers.app.photos import read_picture
from tributary.assets.sneakers.app.reading.pairs import Pair, one_pair
from tributary.assets.sneakers.app.views.showing import ID, done, show

blueprint = Blueprint("photos", __name__)
_METHODS = ["GET", "POST"]
_YEAR = 365 * 24 * 3600


@blueprint.route(f"/sneakers/<{ID}:sneaker_id>/photo", methods=_METHODS)
def photo(sneaker_id: int) -> ResponseReturnValue:
    """Give a pair a photo."""
    pair, form = _pair(sneaker_id), PhotoForm()
    give = here().service.corrections.show
    outcome = form.send(lambda token: give(token, sneaker_id, read_picture(form.data_of_file())))
    if outcome is not None:
        return done(outcome, "The photo was added.", "pages.pair", sneaker_id=sneaker_id)
    return show("photo.html", form, pair=pair)


@blueprint.route(f"/sneakers/<{ID}:sneaker_id>/photo/remove", methods=_METHODS)
def remove(sneaker_id: int) -> ResponseReturnValue:
    """Take a pair's photo away, after a question."""
    pair, form = _pair(sneaker_id), RemovalOfPhotoForm()
    outcome = form.send(lambda token: here().service.corrections.show(token, sneaker_id, None))
    if outcome is not None:
        return done(outcome, "The photo was removed.", "pages.pair", sneaker_id=sneaker_id)
    return show("photo_remove.html", form, pair=pair)


@blueprint.get("/photos/<sha256>.jpg")
def image(sha256: str) -> Response:
    """A photo, by its SHA-256."""
    return _jpeg(Photo.image, sha256)


@blueprint.get("/photos/<sha256>-small.jpg")
def thumbnail(sha256: str) -> Response:
    """A photo in small."""
    return _jpeg(Photo.thumbnail, sha256)


def _jpeg(column: InstrumentedAttribute[bytes], sha256: str) -> Response:
    with here().sessions() as session:
        data = session.scalar(select(column).where(Photo.sha256 == sha256))
    if data is None:
        abort(404)
    answer = Response(data, mimetype="image/jpeg")
    # What a SHA-256 names never changes; whoever may not see it must not be shown it by somebody else's cache.
    answer.headers["Cache-Control"] = f"private, max-age={_YEAR}, immutable"
    return answer


def _pair(sneaker_id: int) -> Pair:
    with here().sessions() as session:
        pair = one_pair(session, sneaker_id)
    if pair is None:
        abort(404)
    return pair
