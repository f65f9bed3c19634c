"""Photos: looked at by their content, drawn anew without what cameras write along, and shown as what they are."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import Engine
from tests.sneakers.app.conftest import TODAY, Collector, error_beside, purchase

from tributary.assets.sneakers.app.database import open_sessions
from tributary.assets.sneakers.app.errors import Refused
from tributary.assets.sneakers.app.photos import LARGEST, LONGEST_SIDE, read_picture
from tributary.assets.sneakers.app.reading.pairs import one_pair
from tributary.assets.sneakers.app.service.opening import SneakerService

Pg = psycopg.Connection[Any]
GPS, ORIENTATION, CAMERA = 0x8825, 0x0112, 0x010F


def photo(kind: str = "JPEG", size: tuple[int, int] = (400, 300), **options: Any) -> bytes:
    """A picture, red on its left and blue on its right."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def declared(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is this large."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_drawn_anew_within_its_size(kind: str) -> None:
    found = read_picture(photo(kind, (3000, 1500)))
    image, small = opened(found.image), opened(found.thumbnail)
    assert (image.format, image.size) == ("JPEG", (LONGEST_SIDE, LONGEST_SIDE // 2))
    assert max(small.size) == 160
    assert found.sha256 == hashlib.sha256(found.image).hexdigest()


def test_nothing_of_place_and_camera_is_kept_and_the_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[ORIENTATION], exif[CAMERA] = 6, "SECRET CAMERA"
    exif.get_ifd(GPS)[2] = (52.0, 31.0, 0.0)
    sent = photo(exif=exif, comment=b"SECRET COMMENT", icc_profile=b"SECRET PROFILE")
    assert sent.count(b"SECRET") == 3
    found = read_picture(sent)
    for data in (found.image, found.thumbnail):
        assert b"SECRET" not in data
        assert not opened(data).getexif()
    image = opened(found.image)
    assert image.size == (300, 400)
    top: Any = image.getpixel((150, 20))
    assert top[0] > 200 > 60 > top[2]


def test_what_is_seen_through_is_white() -> None:
    data = io.BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(data, "PNG")
    assert opened(read_picture(data.getvalue()).image).getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "missing"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "no picture"),
        (b"GIF89a<script>alert(1)</script>", "no picture"),
        (photo("GIF"), "no picture"),
        (photo("TIFF"), "no picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "no picture"),
        (photo()[:500], "no picture"),
        (declared(60_000, 60_000), "megapixels"),
        (declared(8_000, 8_000), "megapixels"),
        (declared(0, 5), "no picture"),
        (declared(500, 500), "no picture"),
        (b"\xff\xd8" + b"0" * LARGEST, "12 MB"),
    ],
)
def test_what_is_no_picture_is_refused_in_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        read_picture(data)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["JPEG", "PNG", "WEBP"]),
    st.lists(st.tuples(st.integers(0, 3000), st.binary(max_size=9)), max_size=6),
)
def test_no_damage_makes_it_fail_otherwise(kind: str, damage: list[tuple[int, bytes]]) -> None:
    data = bytearray(photo(kind, (40, 30)))
    for place, rubbish in damage:
        data[place % len(data) : place % len(data) + len(rubbish)] = rubbish
    try:
        found = read_picture(bytes(data))
    except Refused:
        return
    assert opened(found.image).format == "JPEG"


def send(collector: Collector, data: bytes, name: str = "p.jpg", field: str = "photo") -> Any:
    collector.open("/sneakers/1/photo")
    return collector.client.post("/sneakers/1/photo", data=collector.hidden, files={field: (name, data, "image/jpeg")})


@pytest.mark.usefixtures("pair")
def test_a_pair_gets_a_photo_that_can_be_undone(collector: Collector, engine: Engine, pg: Pg) -> None:
    assert 'accept="image/*" capture="environment"' in collector.open("/sneakers/1/photo")
    assert send(collector, photo(), field="camera").headers["Location"] == "/sneakers/1"
    with open_sessions(engine)() as session:
        shown = one_pair(session, 1)
        assert shown is not None
        sha256 = shown.state.photo
    page = collector.open("/sneakers/1")
    assert f'src="/photos/{sha256}.jpg"' in page
    assert f'src="/photos/{sha256}-small.jpg"' in collector.open("/sneakers")
    for name in (f"{sha256}.jpg", f"{sha256}-small.jpg"):
        answer = collector.client.get(f"/photos/{name}")
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert opened(answer.content).format == "JPEG"
    assert collector.client.get(f"/photos/{'0' * 64}.jpg").status_code == 404
    kinds = [kind for (kind,) in pg.execute("SELECT type FROM sneakers.sneaker_events ORDER BY event_id").fetchall()]
    assert kinds == ["brand_added", "bought", "edited"]
    collector.fill("/entries/3/undo")
    assert "/photos/" not in collector.open("/sneakers/1")
    send(collector, photo())
    assert (
        "The photo was removed."
        in collector.client.get(collector.fill("/sneakers/1/photo/remove").headers["Location"]).text
    )
    assert "/photos/" not in collector.open("/sneakers/1")


@pytest.mark.usefixtures("pair")
def test_a_refused_photo_is_told_beside_the_field_and_nothing_is_kept(collector: Collector, pg: Pg) -> None:
    answer = send(collector, b"<script>alert(1)</script>")
    assert answer.status_code == 422
    assert "no picture that can be read" in error_beside(answer.text, "photo")
    assert "missing" in error_beside(collector.fill("/sneakers/1/photo").text, "photo")
    send(collector, photo())
    assert "this photo already" in error_beside(send(collector, photo()).text, "photo")
    assert pg.execute("SELECT count(*) FROM sneakers.photos").fetchone() == (1,)
    too_large = send(collector, b"x" * (17 * 1024 * 1024))
    assert too_large.status_code == 413
    assert collector.client.post("/use", data={"a": "b" * 70_000}).status_code == 413
    assert collector.client.get("/sneakers/9/photo").status_code == 404


def test_the_same_photo_is_kept_once(service: SneakerService, pair: int, brand: int, pg: Pg) -> None:
    other = service.pairs.buy(uuid4(), purchase(brand), TODAY).sneaker_id or 0
    for one in (pair, other):
        service.corrections.show(uuid4(), one, read_picture(photo()))
    assert pg.execute("SELECT count(*) FROM sneakers.photos").fetchone() == (1,)
