"""A collection brought in and taken out: upload, preview, the refused rows, and all events as a file."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from flask import Blueprint, Response, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import delete, func

from tributary.assets.sneakers.app.errors import Refused
from tributary.assets.sneakers.app.forms.files import BringForm, UploadForm
from tributary.assets.sneakers.app.here import here
from tributary.assets.sneakers.app.imports.files import bring, zone_of
from tributary.assets.sneakers.app.imports.outcome import Brought, ImportRefused
from tributary.assets.sneakers.app.models import Upload
from tributary.assets.sneakers.app.reading.exporting import events_csv, events_json
from tributary.assets.sneakers.app.views.showing import hidden, show

blueprint = Blueprint("importing", __name__)
KEPT = timedelta(days=1)
"""How long an upload waits to be brought in."""
SHOWN = 100
"""Refused rows that a preview shows; all of them can be downloaded."""


@blueprint.route("/import", methods=["GET", "POST"])
def upload() -> ResponseReturnValue:
    """Send files that are to be brought in."""
    form = UploadForm()
    found = form.send(lambda _token: _kept(form))
    if found is not None:
        return redirect(url_for("importing.preview", upload_id=found), 303)
    return show("import.html", form)


@blueprint.route("/import/<uuid:upload_id>", methods=["GET", "POST"])
def preview(upload_id: UUID) -> ResponseReturnValue:
    """What would come in, what is refused and why; and, once it is sent, brings it in."""
    form = BringForm()
    found = form.send(lambda _token: _brought(upload_id, keep=True))
    if found is not None:
        flash(
            f"{found.brands:,} brands, {found.pairs:,} pairs and {found.events:,} other events came in; "
            f"{found.again:,} were here before."
        )
        return redirect(url_for("importing.preview", upload_id=upload_id), 303)
    return show("import_preview.html", form, brought=_brought(upload_id, keep=False), upload_id=upload_id, shown=SHOWN)


@blueprint.get("/import/<uuid:upload_id>/refused.csv")
def refused(upload_id: UUID) -> Response:
    """The refused rows of an upload, each whole and with its reason."""
    return _file(_brought(upload_id, keep=False).refused_csv(), "refused.csv", "text/csv")


@blueprint.get("/export/sneaker_events.csv")
def export_csv() -> ResponseReturnValue:
    """All events as CSV."""
    if hidden():
        return _not_to_be_seen()
    with here().sessions() as session:
        return _file(events_csv(session), "sneaker_events.csv", "text/csv")


@blueprint.get("/export/sneaker_events.json")
def export_json() -> ResponseReturnValue:
    """All events and photos as JSON."""
    if hidden():
        return _not_to_be_seen()
    with here().sessions() as session:
        return _file(events_json(session), "sneaker_events.json", "application/json")


def _kept(form: UploadForm) -> UUID:
    """Keep the files that were sent, if they can be read at all."""
    files = form.contents()
    if not files:
        raise Refused("files", "The files are missing: please choose one, or three.")
    try:
        zone = zone_of(form.zone.data or "")
    except ImportRefused as refusal:
        raise Refused("zone", str(refusal)) from None
    try:
        bring(here().engine, files, zone, here().today, keep=False)
    except ImportRefused as refusal:
        raise Refused("files", str(refusal)) from None
    found = uuid4()
    with here().sessions() as session, session.begin():
        session.execute(delete(Upload).where(Upload.uploaded_at < func.clock_timestamp() - KEPT))
        session.add(Upload(upload_id=found, zone=zone.key, names=list(files), contents=list(files.values())))
    return found


def _brought(upload_id: UUID, *, keep: bool) -> Brought:
    with here().sessions() as session:
        row = session.get(Upload, upload_id)
    if row is None:
        abort(404)
    files = dict(zip(row.names, row.contents, strict=True))
    return bring(here().engine, files, zone_of(row.zone), here().today, keep=keep)


def _not_to_be_seen() -> ResponseReturnValue:
    sentence = "An export holds to whom pairs were given, and notes, which you may not see: ask somebody who may."
    return render_template("fault.html", sentence=sentence), 403


def _file(text: str, name: str, kind: str) -> Response:
    return Response(
        text,
        content_type=f"{kind}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
