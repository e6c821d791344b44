"""Parquet files: what is read is what pyarrow reads, and nothing that memory should not hold."""

import contextlib
import io

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from aegen.core import parquet_pages
from aegen.core.errors import InvalidInput
from aegen.core.parquet_pages import Parquet

LONG = ["a" * 7_000_000] * 40
PLAIN = {"write_statistics": False}  # which compare each value with the least and the greatest


def written(columns, **options):
    file = io.BytesIO()
    parquet.write_table(pa.table(columns), file, **{"compression": "zstd", **options})
    return file.getvalue()


def columns():
    rng = np.random.default_rng(0)
    return {
        "text": pa.array([f"value {k % 7}" if k % 5 else None for k in range(3000)]),
        "number": pa.array(rng.normal(size=3000)),
        "yes": pa.array(rng.random(3000) < 0.5),
        "list": pa.array([[1, 2, 3][: k % 4] for k in range(3000)]),
        "picture": pa.array([{"bytes": b"abc", "path": "a"}] * 3000),
        "fixed": pa.array([b"1234"] * 3000, pa.binary(4)),
    }


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"use_dictionary": False},
        {"data_page_version": "2.0"},
        {"compression": "snappy", "row_group_size": 700},
        {"compression": "none", "data_page_size": 500},
        {"write_statistics": False},
    ],
)
def test_what_is_read_is_what_pyarrow_reads(options, tmp_path):
    content = written(columns(), **options)
    (tmp_path / "a.parquet").write_bytes(content)
    for source in (content, tmp_path / "a.parquet"):
        found = Parquet(source)
        assert found.rows == sum(found.groups) == 3000
        assert found.schema.names == list(columns())
        plain = found.read_plain(["text", "number", "yes", "list", "fixed"])
        assert plain.to_pydict() == {
            k: v.to_pylist() for k, v in columns().items() if k in plain.column_names
        }
        assert found.read_group(0, "picture")[0].as_py() == {"bytes": b"abc", "path": "a"}


def test_every_page_is_counted():
    """The sizes that are told from headers are those that the footer states of whole columns."""
    content = written(columns(), row_group_size=900, data_page_size=300)
    about = parquet.ParquetFile(io.BytesIO(content)).metadata
    for group in range(about.num_row_groups):
        for place in range(about.num_columns):
            chunk = about.row_group(group).column(place)
            own = Parquet(content)._chunks[group][place]
            assert (own.length, own.values) == (chunk.total_compressed_size, chunk.num_values)
            pages = list(parquet_pages._pages(io.BytesIO(content), own))
            values = sum(page.values for page in pages if page.kind != 2)
            assert values == chunk.num_values
            # the footer counts the headers too
            assert sum(page.size for page in pages) <= chunk.total_uncompressed_size


def test_a_long_value_is_held_once_however_often_it_is_repeated():
    found = Parquet(written({"a": LONG}, **PLAIN))
    table = found.read()
    assert table.nbytes < 8_000_000
    assert len(table["a"][39].as_py()) == 7_000_000
    with pytest.raises(InvalidInput, match="texts of more than 256 MB"):
        found.read_plain()


UNSHARED = {"use_dictionary": False, **PLAIN}
FRONT_CODED = {"column_encoding": {"a": "DELTA_BYTE_ARRAY"}, **UNSHARED}


@pytest.mark.parametrize(
    ("columns", "options"),
    [
        (lambda: {"a": LONG}, UNSHARED),
        (lambda: {"a": LONG}, FRONT_CODED),
        (lambda: {f"a{k}": np.zeros(2_000_000) for k in range(17)}, {}),
        (lambda: {"a": pa.array([b"x" * 10**6] * 280, pa.binary(10**6))}, {}),
    ],
    ids=["plain", "front coded", "rows", "fixed"],
)
def test_a_small_file_of_gigabytes_is_refused_before_it_is_read(columns, options, monkeypatch):
    content = written(columns(), **options)
    assert len(content) < 500_000
    found = Parquet(content)
    monkeypatch.setattr(found, "_file", None)  # nothing is unpacked
    with pytest.raises(InvalidInput, match="unpacks to more than"):
        found.read()


@pytest.mark.parametrize("place", range(4, 60, 3))
def test_spoilt_headers_of_pages_are_refused_or_read(place):
    content = bytearray(written({"a": pa.array(["x"] * 50)}))
    content[place : place + 3] = b"\xff\xff\xff"
    with contextlib.suppress(InvalidInput):
        assert Parquet(bytes(content)).read_plain().num_rows == 50


def test_pages_without_end_are_not_counted(monkeypatch):
    monkeypatch.setattr(parquet_pages, "MOST_PAGES", 5)
    found = Parquet(written({"a": pa.array(range(3000))}, data_page_size=10, write_batch_size=10))
    with pytest.raises(InvalidInput, match="more than 5 pages"):
        found.read()


def test_headers_longer_than_most_are_read_too(monkeypatch):
    content = written(columns(), row_group_size=900)
    chunk = Parquet(content)._chunks[1][0]
    pages = list(parquet_pages._pages(io.BytesIO(content), chunk))
    monkeypatch.setattr(parquet_pages, "SHORT_HEADER", 5)
    assert list(parquet_pages._pages(io.BytesIO(content), chunk)) == pages
    monkeypatch.setattr(parquet_pages, "HEADER", 6)
    with pytest.raises(InvalidInput, match="damaged, or too long"):
        list(parquet_pages._pages(io.BytesIO(content), chunk))


def test_no_footer_ends_the_process():
    """At a histogram of another length than the schema's, pyarrow's own metadata aborts."""
    content = written({"text": ["a", "b", None], "list": [[1], [2, 3], None]}, compression="none")
    end = len(content) - 8
    read = refused = 0
    for place in range(end - int.from_bytes(content[end : end + 4], "little"), end):
        other = bytearray(content)
        other[place] ^= 1
        try:
            Parquet(bytes(other)).read_plain()
            read += 1
        except InvalidInput:
            refused += 1
    assert read > 50
    assert refused > 50


@pytest.mark.parametrize("length", [0, 3, 2**31])
def test_a_footer_of_a_wrong_length_is_refused(length):
    content = written({"text": ["a"]})
    with pytest.raises(InvalidInput):
        Parquet(content[:-8] + length.to_bytes(4, "little") + b"PAR1")
