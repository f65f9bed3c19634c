"""The forms that take files: a pair's photo, and what is to be brought in."""

# mypy: disallow-subclassing-any=false
from __future__ import annotations

from wtforms import FileField, MultipleFileField, StringField  # type: ignore[import-untyped]

from tributary.assets.sneakers.app.forms.base import TokenForm


class PhotoForm(TokenForm):
    """A photo, taken now or chosen."""

    camera = FileField("Take a photo", render_kw={"accept": "image/*", "capture": "environment"})
    photo = FileField("Choose a photo", description="JPEG, PNG or WebP.", render_kw={"accept": "image/*"})

    def data_of_file(self) -> bytes | None:
        """The bytes of the file that was sent."""
        for field in (self.camera, self.photo):
            if field.data:
                data: bytes = field.data.read()
                return data
        return None


class RemovalOfPhotoForm(TokenForm):
    """Nothing but the decision."""


class UploadForm(TokenForm):
    """Files to be brought in, and the zone of times that name none."""

    files = MultipleFileField(
        "Files",
        description="An export of this app (CSV or JSON); or the three tables of an SNQL app together: "
        "manufacturers.csv, sneakers.csv and sneaker_events.csv.",
        render_kw={"accept": ".csv,.json", "required": True},
    )
    zone = StringField(
        "Time zone",
        description="Of times that name none, as in Europe/Berlin.",
        default="UTC",
        render_kw={"autocomplete": "off"},
    )

    def contents(self) -> dict[str, bytes]:
        """The files by name."""
        return {file.filename: file.read() for file in self.files.data or () if file and file.filename}


class BringForm(TokenForm):
    """Nothing but the decision."""
