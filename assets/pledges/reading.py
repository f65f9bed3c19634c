"""Reads a branch's statement of a month: what is written in several ways is made one, what cannot be true is set aside.

Reasons are in the words of the files' columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tributary.assets.factory.object_tables import SOURCE_OBJECT
from tributary.assets.factory.reading import Content, NotWhole
from tributary.assets.pledges.files import CONTRACT, FILES, statement_of

if TYPE_CHECKING:
    from tributary.assets.factory.delimited_objects import DelimitedObject

CODE_VERSION = "1"
"""Another one whenever other rows would be made of the same file."""


def read_statement(name: str, data: bytes) -> Content:
    """The ornaments of a file, a row a line.

    Raises:
        NotWhole: it is no file that was ever let in.
    """
    refused = FILES.read_refused(name, data)
    if refused is not None:
        return refused
    import pyarrow as pa
    import pyarrow.compute as pc

    from tributary.assets.factory.delimited_objects import DelimitedObject

    statement = statement_of(name)
    if statement is None:
        raise NotWhole("its name tells no branch and month")
    read = DelimitedObject(CONTRACT, name, data)
    _make_one(read)
    table = read.table
    read.reject(pc.not_equal(table["branch_code"], statement.branch), "branch is not the one of the file's name")
    month = pc.floor_temporal(read.table["pledged_on"], unit="month")
    read.reject(pc.not_equal(month, pa.scalar(statement.month, pa.date32())), "pledged_on is not in the file's month")
    _reject_what_cannot_be(read)
    _reject_repetitions(read)
    read.put(SOURCE_OBJECT, pa.chunked_array([pa.array([name] * read.table.num_rows, pa.string())]))
    return read.content()


def _make_one(read: DelimitedObject) -> None:
    """Codes in the case that they are kept in, and words with one blank between them."""
    import pyarrow.compute as pc

    for column, cased in (
        ("branch_code", pc.utf8_upper),
        ("bill_number", pc.utf8_upper),
        ("ornament_code", pc.utf8_lower),
        ("ornament_type", pc.utf8_capitalize),
    ):
        words = pc.replace_substring_regex(pc.utf8_trim_whitespace(read.table[column]), r"\s+", " ")
        read.put(column, cased(words))


def _reject_what_cannot_be(read: DelimitedObject) -> None:
    import pyarrow.compute as pc

    def unlike(column: str, pattern: str, reason: str) -> None:
        read.reject(pc.invert(pc.match_substring_regex(read.table[column], pattern)), reason)

    unlike("bill_number", r"^[^\x00-\x1f\x7f]{1,40}$", "bill_number is empty, longer than 40 characters, or no text")
    unlike("ornament_code", r"^[a-z]{1,3}[0-9]{1,4}$", "ornament_code is not one to three letters and a number, as b1")
    unlike(
        "ornament_type", r"^[^\x00-\x1f\x7f]{1,80}$", "ornament_type is empty, longer than 80 characters, or no text"
    )
    for column, source in (
        ("item_count", "count"),
        ("gross_weight_g", "gross_weight_g"),
        ("net_weight_g", "net_weight_g"),
        ("purity_karat", "purity_karat"),
    ):
        read.reject(pc.less_equal(read.table[column], 0), f"{source} is not above 0")
    read.reject(
        pc.greater(read.table["net_weight_g"], read.table["gross_weight_g"]), "net_weight_g is above gross_weight_g"
    )
    read.reject(pc.greater(read.table["purity_karat"], 24), "purity_karat is above 24")
    read.reject(pc.less(read.table["appraised_value"], 0), "appraised_value is below 0")


def _reject_repetitions(read: DelimitedObject) -> None:
    """Of lines that say the same the first stays; so does, of the days of one bill number, that of its first line."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from tributary.resources.warehouse.delimited.contract import SOURCE_LINE

    said = [column.name for column in CONTRACT.columns]
    firsts = read.table.group_by(said, use_threads=False).aggregate([(SOURCE_LINE, "min")])[f"{SOURCE_LINE}_min"]
    again = pc.invert(pc.is_in(read.table[SOURCE_LINE], firsts.combine_chunks()))
    read.reject(again, "says the same as an earlier line")
    bills = read.table.group_by("bill_number", use_threads=False).aggregate(
        [("pledged_on", "count_distinct"), (SOURCE_LINE, "min")]
    )
    torn = bills.filter(pc.greater(bills["pledged_on_count_distinct"], 1))
    if not torn.num_rows:
        return
    lines = pc.is_in(read.table[SOURCE_LINE], torn[f"{SOURCE_LINE}_min"].combine_chunks())
    heads = read.table.filter(lines)
    days = dict(zip(heads["bill_number"].to_pylist(), heads["pledged_on"].to_pylist(), strict=True))
    pairs = zip(read.table["bill_number"].to_pylist(), read.table["pledged_on"].to_pylist(), strict=True)
    other = pa.chunked_array([pa.array([days.get(bill, day) != day for bill, day in pairs])])
    read.reject(other, "pledged_on is another day than an earlier line says of this bill")
