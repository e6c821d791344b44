"""Parquet files with encoded pictures, in the layout of the datasets library."""

import json
import pickle

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from aegen.core.errors import StorageError
from aegen.data import LazyImages, read
from aegen.data._reading import read as reading
from tests.data.pictures import encoded, grey


def write(path, levels, *, rows=4, struct=True, **columns):
    """Pictures of one level each, with labels 0, 1, 0, 1... called cat and dog."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = [None if level is None else encoded(grey(level)) for level in levels]
    images = [{"bytes": c, "path": f"{k}.png"} for k, c in enumerate(cells)] if struct else cells
    labels = pa.array(np.arange(len(levels)) % 2)
    table = pa.table({"image": images, "label": labels, **columns})
    names = {"label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}
    noted = {b"huggingface": json.dumps({"info": {"features": names}}).encode()}
    pq.write_table(table.replace_schema_metadata(noted), path, row_group_size=rows)


def levels(found):
    return np.asarray(found.images)[:, 0, 0, 0].tolist()


@pytest.mark.parametrize("struct", [True, False])
def test_pictures_labels_and_their_names(tmp_path, struct):
    write(tmp_path / "a.parquet", range(10), struct=struct, age=[k / 2 for k in range(10)])
    found = read(tmp_path / "a.parquet")
    assert levels(found) == list(range(10))
    assert found.attributes["label"].tolist()[:3] == ["cat", "dog", "cat"]
    assert found.attributes["age"].tolist()[3] == 1.5


def test_parts_of_a_folder(tmp_path):
    write(tmp_path / "data" / "test-00000-of-00001.parquet", range(100, 105))
    write(tmp_path / "data" / "train-00000-of-00002.parquet", range(6))
    write(tmp_path / "data" / "train-00001-of-00002.parquet", range(6, 9))
    (tmp_path / "README.md").write_text("a card")
    found = read(tmp_path)
    assert levels(found) == [*range(100, 105), *range(9)]
    assert found.holdout.tolist() == [True] * 5 + [False] * 9
    assert [s.path for s in found.skipped] == ["README.md"]
    assert found.attributes["label"].tolist()[5:8] == ["cat", "dog", "cat"]
    write(tmp_path / "data" / "train-00002-of-00002.parquet", [1], extra=[1])
    with pytest.raises(StorageError, match="read them apart"):
        read(tmp_path)


def test_cells_without_a_picture_are_named(tmp_path):
    write(tmp_path / "a.parquet", [1, None, 3, 4, 5, None])
    found = read(tmp_path / "a.parquet")
    assert levels(found) == [1, 3, 4, 5]
    assert found.attributes["label"].tolist() == ["cat", "cat", "dog", "cat"]
    assert [s.path for s in found.skipped] == ["a.parquet row 1", "a.parquet row 5"]


def test_large_files_are_read_a_group_of_rows_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "IN_MEMORY", 1000)
    write(tmp_path / "a.parquet", range(30), rows=7)
    found = read(tmp_path / "a.parquet")
    assert isinstance(found.images, LazyImages)
    again = pickle.loads(pickle.dumps(found.images))
    assert len(pickle.dumps(found.images)) < 5000
    assert again[np.array([29, 0, 13, 14])][:, 0, 0, 0].tolist() == [29, 0, 13, 14]
    first = found.fingerprint
    write(tmp_path / "a.parquet", range(1, 31), rows=7)
    assert read(tmp_path / "a.parquet").fingerprint != first


def test_what_holds_no_pictures(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"x": [1.0, 2.0]}), path)
    with pytest.raises(StorageError, match="the table as attributes"):
        read(path)
    pq.write_table(pa.table({"image": [b"text", b""]}), path)
    with pytest.raises(StorageError, match="holds no picture"):
        read(path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(StorageError, match="no whole parquet file"):
        read(path)
