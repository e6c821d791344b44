"""Parquet files with encoded pictures, as the datasets library of Hugging Face writes them."""

from __future__ import annotations

import io
import re
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from aegen.core.errors import InvalidInput, StorageError
from aegen.core.json_text import parse
from aegen.data._reading.arrangement import is_held_out, is_part
from aegen.data._reading.attributes import value_category
from aegen.data._reading.tables import parquet_file

__all__ = ["ParquetSource", "parquet_pictures"]

PICTURES = ("image", "img", "picture", "jpg", "png", "jpeg", "webp")
"""Names of columns that are preferred where several hold bytes."""


def parquet_pictures(
    paths: Sequence[Path],
) -> tuple[ParquetSource, pd.DataFrame, list[str] | None] | None:
    """The pictures of parquet files one after the other, their attributes, and their parts.

    None where no column holds bytes. Parts are the first words of the files' names, as in
    train-00000-of-00002.parquet.

    Raises:
        StorageError: a file is damaged, or has other columns than the first.
    """
    import pyarrow as pa

    opened = [parquet_file(path) for path in paths]
    schema = opened[0].schema
    columns = [field.name for field in schema if _holds_bytes(field.type)]
    if not columns:
        return None
    column = next((name for name in PICTURES if name in columns), columns[0])
    for path, file in zip(paths, opened, strict=True):
        if file.schema.names != schema.names:
            fault = f"has columns {file.schema.names} where {paths[0].name} has"
            raise StorageError(path, f"{fault} {schema.names}: read them apart")
    others = [name for name in schema.names if name not in columns]
    try:
        tables = [file.read_plain(others) for file in opened]
        frame = pa.concat_tables(tables, promote_options="permissive").to_pandas(
            ignore_metadata=True
        )
    except (pa.ArrowException, OSError, ValueError) as problem:
        raise StorageError(paths[0], f"cannot be read ({problem})") from problem
    for name, values in _class_names(schema).items():
        if name in frame and frame[name].dtype.kind in "iu":
            frame[name] = value_category(frame[name].to_numpy(), values)
    source = ParquetSource(tuple(paths), column)
    frame.index = pd.RangeIndex(len(source.names))
    return source, frame, _parts(paths, [file.rows for file in opened])


def _holds_bytes(kind: Any) -> bool:
    """Whether a column has bytes, or a struct with a field of them."""
    import pyarrow as pa

    if pa.types.is_struct(kind):
        return any(f.name == "bytes" and _holds_bytes(f.type) for f in kind)
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _class_names(schema: Any) -> dict[str, list[str]]:
    """Names of classes that the datasets library noted in the file, by column."""
    try:
        noted = parse((schema.metadata or {})[b"huggingface"])["info"]["features"]
        return {
            name: [str(value) for value in feature["names"]]
            for name, feature in noted.items()
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
        }
    except (KeyError, ValueError, TypeError, AttributeError):
        return {}  # the numbers stay numbers


def _parts(paths: Sequence[Path], rows: Sequence[int]) -> list[str] | None:
    """The part of each row by the name of its file, where there are parts of both kinds."""
    words = [re.split(r"[-_.]", path.name)[0] for path in paths]
    if not all(map(is_part, words)) or len({is_held_out(word) for word in words}) < 2:
        return None
    return [word for word, n in zip(words, rows, strict=True) for _ in range(n)]


class ParquetSource:
    """Cells of a column of parquet files as a `PictureSource`.

    A group of rows is held at a time, so pictures are best taken in order.

    Args:
        paths: the files.
        column: the column with bytes, or with a struct of bytes and path.
    """

    def __init__(self, paths: tuple[Path, ...], column: str) -> None:
        self.paths = tuple(path.resolve() for path in paths)
        self.column = column
        self.groups: list[tuple[int, int]] = []  # file and row group
        self.starts: list[int] = []  # the first row of each group
        self.names: list[str] = []
        for file, path in enumerate(self.paths):
            groups = parquet_file(path).groups
            start = len(self.names)
            self.names += [f"{path.name} row {k}" for k in range(sum(groups))]
            for group, rows in enumerate(groups):
                self.groups.append((file, group))
                self.starts.append(start)
                start += rows
        self._held: tuple[int, Any] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_held": None}

    def open(self, k: int) -> BinaryIO:
        """Cell ``k``; see `PictureSource`."""
        group = bisect_right(self.starts, k) - 1
        held = self._held
        if held is None or held[0] != group:
            held = self._held = (group, self._cells(group))
        content = held[1][k - self.starts[group]].as_py()
        if content is None:
            raise InvalidInput("the cell is empty, or names a file that lies elsewhere")
        return io.BytesIO(content)

    def _cells(self, group: int) -> Any:
        """The column's bytes in a row group, as an array of pyarrow that holds each value once."""
        import pyarrow as pa

        file, place = self.groups[group]
        cells = parquet_file(self.paths[file]).read_group(place, self.column)
        if pa.types.is_struct(cells.type):
            parts = [c.field("bytes") for c in cells.chunks]
            cells = pa.chunked_array(parts, cells.type.field("bytes").type)
        return cells

    def signature(self) -> bytes:
        """Names, sizes and times of change of the files."""
        about = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in self.paths]
        return repr(about).encode()
