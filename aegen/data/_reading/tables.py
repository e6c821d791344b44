"""Tables of people's files: CSV, JSON lines, parquet or a DataFrame, without pickle."""

from __future__ import annotations

import codecs
import io
import warnings
from pathlib import Path

import pandas as pd

from aegen.core.errors import InvalidInput, StorageError
from aegen.core.json_text import parse
from aegen.core.parquet_pages import Parquet
from aegen.core.storage import read_bytes

__all__ = ["TABLE_SUFFIXES", "parquet_file", "read_table"]

TABLE_SUFFIXES = (".csv", ".tsv", ".jsonl", ".parquet", ".pq")

GAPS = ["", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "<NA>"]
"""What stands for an empty field in a text table. "None" is left as the word it may be."""

KEYS = ("file_name", "filename", "file", "image", "image_id", "path")
"""Columns that may say which file a row belongs to; they are read as text."""


def read_table(
    table: Path | str | pd.DataFrame, content: bytes | None = None, *, text: tuple[str, ...] = ()
) -> pd.DataFrame:
    """A table as a DataFrame with rows 0, 1, 2...

    Args:
        table: the DataFrame, or the path of a CSV, JSON lines or parquet file.
        content: the bytes of the file, where it does not lie at its path.
        text: columns of a CSV file whose values are words, also where they look like numbers.

    Raises:
        StorageError: it is missing, damaged, empty or of another kind.
    """
    if isinstance(table, pd.DataFrame):
        frame = table.reset_index(drop=table.index.name not in KEYS)
        return frame.rename(columns=lambda name: str(name) if isinstance(name, int) else name)
    path = Path(table)
    kind = path.suffix.lower()
    if kind not in TABLE_SUFFIXES:
        raise StorageError(path, f"is no table that is read: give {', '.join(TABLE_SUFFIXES)}")
    content = read_bytes(path) if content is None else content
    if kind == ".jsonl":
        return _json_lines(path, content)
    if kind in (".csv", ".tsv"):
        return _text(path, content, text)
    try:
        read = parquet_file(path, content).read_plain()
        stored: pd.DataFrame = read.to_pandas(ignore_metadata=True)
    except (InvalidInput, ValueError) as problem:  # ValueError: times that pandas has not
        raise StorageError(path, str(problem)) from problem
    return stored[[name for name in stored if not str(name).startswith("__index_level_")]]


def parquet_file(path: Path, content: bytes | None = None) -> Parquet:
    """A parquet file, opened; what is read from it later can fail as well.

    Raises:
        StorageError: it is missing or no parquet file.
    """
    try:
        return Parquet(path if content is None else content)
    except InvalidInput as problem:
        raise StorageError(path, str(problem)) from None


def _text(path: Path, content: bytes, words: tuple[str, ...]) -> pd.DataFrame:
    try:
        text = content.decode()  # pandas takes away a byte order mark
    except UnicodeDecodeError as problem:
        fault = f"is no UTF-8 text (byte {problem.start}): save it as CSV UTF-8"
        raise StorageError(path, fault) from None
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    try:
        with warnings.catch_warnings():
            # Fields beyond the header are an error, not a warning after which they are lost.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                io.StringIO(text),
                sep=separator,
                keep_default_na=False,
                na_values=GAPS,
                dtype=dict.fromkeys((*KEYS, *words), str),
                low_memory=False,  # types are found from all rows, not from each block for itself
                index_col=False,
            )
    except (ValueError, pd.errors.ParserError, pd.errors.ParserWarning) as problem:
        raise StorageError(path, f"is no whole table ({str(problem).strip()})") from problem


def _json_lines(path: Path, content: bytes) -> pd.DataFrame:
    rows = []
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            row = parse(line.removeprefix(codecs.BOM_UTF8))
        except InvalidInput as problem:
            raise StorageError(path, f"line {number} {problem}") from None
        if not isinstance(row, dict):
            raise StorageError(path, f"line {number} must be a JSON object, one a row")
        rows.append(row)
    if not rows:
        raise StorageError(path, "holds no rows")
    return pd.DataFrame(rows)
