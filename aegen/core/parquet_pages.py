"""Parquet files that others may have written: opened where what they unpack to fits the memory.

A dictionary's value is repeated in a few bits, and a page of zeros shrinks ten thousandfold, so a
kilobyte may become gigabytes, and what the footer says of sizes may be wrong. The header of every
page says what that page unpacks to; pyarrow does not show it, so it is read here (Apache Parquet,
parquet.thrift, in Thrift's compact protocol). So is where each column's pages lie: pyarrow ends
the process where it is asked for a column whose size statistics do not fit the schema. Texts are
read as dictionaries, each value once.
"""

from __future__ import annotations

import contextlib
import io
import os
import weakref
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from aegen.core.errors import InvalidInput
from aegen.core.storage import open_file

__all__ = ["Parquet"]

ROOM, ROOM_A_BYTE = 256_000_000, 4
"""Bytes that what is read at once may take in memory, and for each byte of the file."""

SHORT_HEADER, HEADER = 128, 1 << 17
"""Bytes of a page's header mostly, and at most; with statistics it has some thousand."""

MOST_PAGES = 100_000

DAMAGED = "has a page whose header is damaged, or too long"
BROKEN_FOOTER = "has a footer that does not describe its columns"

DEEPEST = 8

FOOTER = 4_000_000
"""Bytes of a footer that are read: some ten thousand columns, each in each row group."""

WIDTHS = {"BOOLEAN": 1, "INT32": 4, "FLOAT": 4, "INT64": 8, "DOUBLE": 8, "INT96": 12}
"""Bytes of a value, by its type in the file."""

DICTIONARY_PAGE = 2
FRONT_CODED = 7
"""The encoding whose values begin as the one before: a few bytes may repeat megabytes."""


class Parquet:
    """A parquet file of which no more is read than memory should hold.

    Args:
        source: its path, or its bytes.

    Attributes:
        rows: how many rows it has.
        groups: rows of each row group.
        schema: of pyarrow, with the types that the file names.

    Raises:
        StorageError: the file cannot be read.
        InvalidInput: it is no whole parquet file.
    """

    def __init__(self, source: Path | bytes) -> None:
        from pyarrow import parquet as pq

        self._bytes: BinaryIO
        self._bytes = io.BytesIO(source) if isinstance(source, bytes) else open_file(source)
        weakref.finalize(self, self._bytes.close)
        self._most = ROOM + ROOM_A_BYTE * self._bytes.seek(0, os.SEEK_END)
        with _damage():
            self._about = about = pq.ParquetFile(self._bytes).metadata
            columns = [about.schema.column(k) for k in range(about.num_columns)]
            texts = [c.path for c in columns if c.physical_type == "BYTE_ARRAY"]
            self._file = pq.ParquetFile(self._bytes, metadata=about, read_dictionary=texts)
            self.schema = about.schema.to_arrow_schema()
            self.groups = [about.row_group(k).num_rows for k in range(about.num_row_groups)]
        self._chunks = _chunks(self._bytes, len(self.groups), about.num_columns)
        self.rows: int = about.num_rows

    def read(self, columns: Sequence[str] | None = None) -> Any:
        """Columns, or all, as a table of pyarrow whose texts are dictionaries.

        Raises:
            InvalidInput: they would unpack to too much, or are damaged.
        """
        self._require_room(columns, range(len(self.groups)))
        with _damage():
            return self._file.read(columns=None if columns is None else list(columns))

    def read_plain(self, columns: Sequence[str] | None = None) -> Any:
        """Like `read`, with texts in the place of dictionaries of texts.

        Raises:
            InvalidInput: likewise.
        """
        with _damage():
            return _plain(self.read(columns))

    def read_group(self, group: int, column: str) -> Any:
        """A column in a row group, as a chunked array of pyarrow whose texts are dictionaries.

        Raises:
            InvalidInput: it would unpack to too much, or is damaged.
        """
        self._require_room((column,), (group,))
        with _damage():
            return self._file.read_row_group(group, [column])[0]

    def _require_room(self, columns: Sequence[str] | None, groups: Iterable[int]) -> None:
        total = 0
        for number in groups:
            for place, chunk in enumerate(self._chunks[number]):
                column = self._about.schema.column(place)
                if columns is None or column.path.split(".")[0] in columns:
                    total += _memory(_pages(self._bytes, chunk), column)
                if total > self._most:
                    raise InvalidInput(
                        f"unpacks to more than {self._most / 1e6:,.0f} MB, which are allowed for "
                        "a file of its length: write it with fewer rows or shorter values"
                    )


@contextlib.contextmanager
def _damage() -> Iterator[None]:
    """What pyarrow raises of a damaged file, in a sentence."""
    import pyarrow as pa

    try:
        yield
    except InvalidInput:
        raise
    except (pa.ArrowException, OSError, ValueError) as problem:
        raise InvalidInput(f"is no whole parquet file ({problem})") from None


def _plain(table: Any) -> Any:
    """A table with texts in the place of dictionaries of texts, if they are not too long."""
    import pyarrow as pa
    from pyarrow import compute

    total = 0
    for place, field in enumerate(table.schema):
        if not pa.types.is_dictionary(field.type):
            continue
        for part in table.column(place).chunks:
            lengths = compute.binary_length(part.dictionary).take(part.indices)
            total += compute.sum(lengths).as_py() or 0
        if total > ROOM:
            raise InvalidInput(f"holds texts of more than {ROOM / 1e6:,.0f} MB together")
        plain = field.type.value_type
        texts = table.column(place).cast(plain)
        table = table.set_column(place, field.with_type(plain), texts)
    return table


@dataclass(frozen=True)
class _Page:
    kind: int
    size: int
    values: int
    encoding: int


def _memory(pages: Iterator[_Page], column: Any) -> int:
    """Bytes that a column's pages take once they are read, and the largest page beside them."""
    kind = column.physical_type
    width = column.length if kind == "FIXED_LEN_BYTE_ARRAY" else WIDTHS.get(kind, 0)
    nested = column.max_repetition_level > 0 or column.max_definition_level > 1
    total, largest = 0, 0
    for page in pages:
        largest = max(largest, page.size)
        if page.kind == DICTIONARY_PAGE:
            total += page.size
            continue
        total += page.values * (width or 16) + page.values * 4 * nested
        if width == 0:
            total += page.size * (page.values if page.encoding == FRONT_CODED else 1)
    return total + largest


@dataclass(frozen=True)
class _Chunk:
    """Where a column's pages in a row group lie, and how many values they hold."""

    start: int
    length: int
    values: int


def _chunks(file: BinaryIO, groups: int, columns: int) -> list[list[_Chunk]]:
    """The chunks of each row group, by the footer."""
    end = file.seek(-8, os.SEEK_END)
    length = int.from_bytes(file.read(4), "little")
    if not 0 < length <= min(end, FOOTER):
        raise InvalidInput(f"has a footer of {length:,} bytes, and {FOOTER:,} are allowed")
    file.seek(end - length)
    try:
        found = _struct(file.read(length), 0)[0].get(4)
        chunks = [[_chunk(each[3]) for each in group[1]] for group in found or []]
    except (IndexError, KeyError, TypeError):
        raise InvalidInput(BROKEN_FOOTER) from None
    if [len(group) for group in chunks] != [columns] * groups:
        raise InvalidInput(BROKEN_FOOTER)
    return chunks


def _chunk(meta: dict[int, Any]) -> _Chunk:
    values, length, start = meta[5], meta[7], meta[9]
    dictionary = meta.get(11, 0)
    return _Chunk(dictionary if 0 < dictionary < start else start, length, values)


def _pages(file: BinaryIO, chunk: _Chunk) -> Iterator[_Page]:
    """The pages of a column in a row group, by their headers."""
    place, end, missing = chunk.start, chunk.start + chunk.length, chunk.values
    for _ in range(MOST_PAGES):
        if missing <= 0 or not 0 <= place < end:
            return
        header, length = _header(file, place)
        data = header.get(5) or header.get(8) or header.get(7) or {}
        known = data if isinstance(data, dict) else {}
        sizes = [header.get(1), header.get(2), header.get(3), known.get(1, 0)]
        whole = [n for n in sizes if isinstance(n, int) and n >= 0]
        if len(whole) < len(sizes):
            raise InvalidInput(DAMAGED)
        kind, unpacked, packed, values = whole
        yield _Page(kind, unpacked, values, known.get(4 if header.get(8) else 2, 0))
        missing -= 0 if kind == DICTIONARY_PAGE else values
        place += length + packed
    raise InvalidInput(f"has a column of more than {MOST_PAGES:,} pages in a row group")


def _header(file: BinaryIO, place: int) -> tuple[dict[int, Any], int]:
    """The header of the page at a place, and its length."""
    for most in (SHORT_HEADER, HEADER):
        file.seek(place)
        data = file.read(most)
        with contextlib.suppress(IndexError):  # it ends early
            return _struct(data, 0)
    raise InvalidInput(DAMAGED)


def _struct(data: bytes, place: int, depth: int = 0) -> tuple[dict[int, Any], int]:
    """The fields of a struct in Thrift's compact protocol by their numbers, and where it ends."""
    fields: dict[int, Any] = {}
    number = 0
    while data[place]:
        head = data[place]
        place += 1
        if head >> 4:
            number += head >> 4
        else:
            number, place = _zigzag(data, place)
        fields[number], place = _value(data, place, head & 15, depth)
    return fields, place + 1


def _value(data: bytes, place: int, kind: int, depth: int) -> tuple[Any, int]:
    if kind in (1, 2):
        return kind == 1, place
    if kind == 3:
        return data[place], place + 1
    if kind in (4, 5, 6):
        return _zigzag(data, place)
    if kind == 7:
        return None, place + 8
    if kind == 8:
        length, place = _varint(data, place)
        return None, place + length
    if kind in (9, 10) and depth < DEEPEST:
        return _list(data, place, depth + 1)
    if kind == 12 and depth < DEEPEST:
        return _struct(data, place, depth + 1)
    raise InvalidInput(DAMAGED)


def _list(data: bytes, place: int, depth: int) -> tuple[list[Any], int]:
    length, kind = data[place] >> 4, data[place] & 15
    place += 1
    if length == 15:
        length, place = _varint(data, place)
    values = []
    for _ in range(length):
        if kind in (1, 2):  # unlike a field's, an entry's truth takes a byte
            value, place = data[place] == 1, place + 1
        else:
            value, place = _value(data, place, kind, depth)
        values.append(value)
    return values, place


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while data[place] & 128 and shift < 63:
        value |= (data[place] & 127) << shift
        place, shift = place + 1, shift + 7
    return value | (data[place] & 127) << shift, place + 1


def _zigzag(data: bytes, place: int) -> tuple[int, int]:
    value, place = _varint(data, place)
    return (value >> 1) ^ -(value & 1), place
