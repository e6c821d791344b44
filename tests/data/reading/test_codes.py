"""Codes from every file that may hold them, with their attributes."""

import sys
import warnings

import numpy as np
import pandas as pd
import pytest

from aegen.core.errors import InvalidInput, StorageError, UnknownName
from aegen.data import read_codes

Z = np.random.default_rng(0).normal(size=(20, 3))
KIND = np.array(["a", "b"] * 10)
TABLE = pd.DataFrame({"z0": Z[:, 0], "z1": Z[:, 1], "z2": Z[:, 2], "kind": KIND, "age": 5.5})


def same(found, *attributes):
    np.testing.assert_array_equal(found.codes, Z)
    assert found.codes.dtype == np.float64
    assert list(found.attributes) == list(attributes)
    assert len(found.attributes) == 20


@pytest.mark.parametrize("key", ["codes", "z", "anything"])
def test_npz(tmp_path, key):
    path = tmp_path / "a.npz"
    np.savez(path, **{key: Z, "label": np.arange(20) % 3, "kind": KIND, "index": np.arange(3)})
    found = read_codes(path)
    same(found, "class", "kind")
    assert found.attributes["class"].tolist()[:4] == ["0", "1", "2", "0"]
    assert found.holdout is None
    assert any("index" in note for note in found.notes)


def test_npz_parts_and_keys(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, z_train=Z[:15], z_test=Z[15:], y_train=KIND[:15], y_test=KIND[15:])
    found = read_codes(path)
    same(found, "class")
    assert found.holdout.tolist() == [False] * 15 + [True] * 5
    np.savez(path, left=Z, right=Z + 1)
    with pytest.raises(InvalidInput, match=r"left \(20, 3\), right \(20, 3\): say with key="):
        read_codes(path)
    np.testing.assert_array_equal(read_codes(path, key="right").codes, Z + 1)
    with pytest.raises(UnknownName, match="did you mean 'left'"):
        read_codes(path, key="lef")


def test_npy_arrays_and_tables(tmp_path):
    np.save(tmp_path / "a.npy", Z)
    TABLE.to_csv(tmp_path / "a.csv", index=False)
    TABLE.to_parquet(tmp_path / "numbered.parquet")
    lists = pd.DataFrame({"embedding": list(Z), "kind": KIND, "age": 5.5})
    lists.to_parquet(tmp_path / "lists.parquet")
    for source in ("a.npy", Z, np.asfortranarray(Z)):
        same(read_codes(tmp_path / source if isinstance(source, str) else source))
    for source in ("numbered.parquet", "lists.parquet"):
        same(read_codes(tmp_path / source), "kind", "age")
    same(read_codes(TABLE[["z2", "z0", "age", "kind", "z1"]]), "age", "kind")
    np.testing.assert_allclose(read_codes(tmp_path / "a.csv").codes, Z)
    mixed = pd.DataFrame({"u": Z[:, 0], "v": Z[:, 1], "w": Z[:, 2], "kind": KIND})
    same(read_codes(mixed), "kind")
    same(read_codes({"codes": Z, "kind": KIND}), "kind")


def test_tables_in_which_codes_are_not_plain(tmp_path):
    two = pd.DataFrame({"left": list(Z), "right": list(Z + 1)})
    with pytest.raises(InvalidInput, match="lists of numbers in left, right"):
        read_codes(two)
    with pytest.raises(UnknownName, match="column of codes"):
        read_codes(two, key="middle")
    np.testing.assert_array_equal(read_codes(two[["right"]]).codes, Z + 1)
    with pytest.raises(InvalidInput, match="no columns of codes"):
        read_codes(pd.DataFrame({"kind": KIND, "label": np.arange(20)}))
    with pytest.raises(InvalidInput, match="different lengths"):
        read_codes(pd.DataFrame({"z": [[1.0], [1.0, 2.0]]}))


def test_attributes_and_rows_held_out():
    found = read_codes(Z, attributes=pd.DataFrame({"kind": KIND}), holdout=0.25)
    same(found, "kind")
    assert found.holdout.sum() == 5
    split = pd.DataFrame({"kind": KIND, "split": ["train"] * 15 + ["test"] * 5})
    same(read_codes(Z, attributes=split), "kind")
    assert read_codes(Z, attributes=split).holdout.sum() == 5
    with pytest.raises(InvalidInput, match="19 rows for 20"):
        read_codes(Z, attributes=split[1:])


@pytest.mark.parametrize(
    ("z", "said"),
    [
        (np.zeros((0, 3)), "at least 1 rows"),
        (np.zeros(3), r"shape \(n, d\)"),
        (np.zeros((3, 2, 2)), r"shape \(n, d\)"),
        (np.array([[1.0, np.nan]]), "row 0, column 1"),
        (np.array([["a", "b"]]), "real numbers"),
    ],
)
def test_what_are_no_codes(z, said, tmp_path):
    np.save(tmp_path / "a.npy", z)
    for source in (z, tmp_path / "a.npy"):
        with pytest.raises(InvalidInput, match=said):
            read_codes(source)


def test_files_that_hold_no_codes(tmp_path):
    with pytest.raises(StorageError, match="no such file"):
        read_codes(tmp_path / "a.txt")
    for name in ("a.h5ad", "a.npz", "a.npy", "a.parquet", "a.csv"):
        with pytest.raises(StorageError, match="no such file"):
            read_codes(tmp_path / name)
    (tmp_path / "a.txt").touch()
    with pytest.raises(StorageError, match=r"give \.npz"):
        read_codes(tmp_path / "a.txt")


@pytest.fixture
def cells(tmp_path):
    """An AnnData file of twenty cells with two arrays in obsm."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        anndata = pytest.importorskip("anndata", reason="an optional package")
        names = [f"cell {k}" for k in range(20)]
        obs = pd.DataFrame({"kind": pd.Categorical(KIND), "age": np.arange(20) / 2}, index=names)
        held = anndata.AnnData(np.zeros((20, 4)), obs=obs, obsm={"X_vae": Z, "X_umap": Z[:, :2]})
        held.write_h5ad(tmp_path / "cells.h5ad")
    return tmp_path / "cells.h5ad"


def test_anndata(cells):
    with pytest.raises(InvalidInput, match="has X_umap, X_vae in obsm: say with key="):
        read_codes(cells)
    with pytest.raises(UnknownName, match="did you mean 'X_vae'"):
        read_codes(cells, key="X_va")
    found = read_codes(cells, key="X_vae")
    same(found, "kind", "age")
    assert found.attributes["age"].tolist()[3] == 1.5
    cells.write_bytes(cells.read_bytes()[:500])
    with pytest.raises(StorageError, match="no whole h5ad file"):
        read_codes(cells, key="X_vae")


def test_anndata_that_is_not_installed_is_a_sentence(tmp_path, monkeypatch):
    (tmp_path / "a.h5ad").touch()
    monkeypatch.setitem(sys.modules, "anndata", None)
    with pytest.raises(StorageError, match="pip install anndata"):
        read_codes(tmp_path / "a.h5ad")
