"""`aegen recommend`: bundles and files of codes, what is written, bad input before any work."""

import json

import numpy as np
import pandas as pd
import pytest

from tests.tiny_bundle import tiny_bundle, tiny_images

MODELS = ("--samplers", "gaussian,kde")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A bundle of 200 codes, and 200 codes in files of four kinds."""
    folder = tmp_path_factory.mktemp("recommended")
    tiny_bundle(folder / "bars", image_set=tiny_images(200, 8))
    codes = np.random.default_rng(0).normal(size=(200, 3))
    np.save(folder / "codes.npy", codes)
    np.savez(folder / "codes.npz", codes=codes)
    frame = pd.DataFrame(codes, columns=["z0", "z1", "z2"])
    frame.to_csv(folder / "codes.csv", index=False)
    frame.to_parquet(folder / "codes.parquet")
    return folder


@pytest.fixture
def recommend(aegen, monkeypatch, folder):
    """Runs the command on the bundles of the folder."""
    monkeypatch.setenv("AEGEN_BUNDLES", str(folder))
    return lambda *words: aegen("recommend", *words)


def test_a_bundle_by_name_and_by_folder_gives_table_sentence_and_next_step(recommend, folder):
    code, out, err = recommend("bars", *MODELS)
    assert code == 0
    assert "worse" in out
    assert "Take " in out
    assert "Next: aegen sample bars --sampler " in out
    assert "100%" in err
    _, again, _ = recommend(folder / "bars", *MODELS)
    sentence = next(line for line in out.splitlines() if line.startswith("Take "))
    assert sentence in again
    _, other, _ = recommend("bars", *MODELS, "--seed", 1)
    assert sentence not in other


def test_the_next_step_is_a_command_that_runs(recommend, aegen, tmp_path):
    _, out, _ = recommend("bars", "--samplers", "kde:bandwidth=0.5", "--copying", 0)
    words = next(line for line in out.splitlines() if line.startswith("Next: ")).split()[2:]
    assert "bandwidth=0.5" in words
    words[words.index("grid.png")] = tmp_path / "grid.png"
    assert aegen(*words)[0] == 0
    assert (tmp_path / "grid.png").stat().st_size > 100


@pytest.mark.parametrize("kind", ["npy", "npz", "csv", "parquet"])
def test_codes_come_from_files_of_each_kind(recommend, folder, kind):
    file = folder / f"codes.{kind}"
    code, out, _ = recommend(file, "--samplers", "gaussian")
    assert code == 0
    assert "Take Gaussian" in out
    assert f"aegen bundles create NAME --codes {file}" in out


def test_figures_are_written_and_nothing_else(recommend, folder, tmp_path):
    for kind in ("csv", "json"):
        code, out, _ = recommend(folder / "codes.npy", *MODELS, "--out", tmp_path / f"all.{kind}")
        assert code == 0
        assert f"all.{kind}" in out
    table = pd.read_csv(tmp_path / "all.csv")
    assert set(table["model"]) == {"gaussian", "kde"}
    assert table["remark"].tolist().count("recommended") == 1
    found = json.loads((tmp_path / "all.json").read_text())
    assert found["best"] == table["model"][0]
    assert found["trials"][0]["real"] == pytest.approx(table["real half"][0], rel=1e-5)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.csv", "all.json"]


def test_where_all_copy_it_says_so_and_fails(recommend, folder):
    code, out, _ = recommend(folder / "codes.npy", "--samplers", "gaussian", "--copying", 10)
    assert code == 1
    assert "None can be recommended" in out
    assert "Next" not in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nosuch"], "nosuch"),
        (["nosuch.npz"], "there is no such file"),
        (["bars", "--samplers", "gausian"], "gausian"),
        (["bars", "--seconds", "0"], "seconds must be positive"),
        (["bars", "--seconds", "nan"], "seconds must be a number within"),
        (["bars", "--out", "all.txt"], ".csv or .json"),
        (["bars", "--out", "nowhere/all.csv"], "no such folder"),
        (["few.npy"], "100"),
        (["text.csv"], "text.csv"),
    ],
)
def test_bad_input_is_a_sentence(recommend, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    np.save("few.npy", np.random.default_rng(0).normal(size=(99, 2)))
    (tmp_path / "text.csv").write_text("name\nx\ny\n")
    before = sorted(path.name for path in tmp_path.iterdir())
    code, _, err = recommend(*words)
    assert code == 2
    assert said in err
    assert "Traceback" not in err
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_place_that_cannot_be_written_is_refused_before_any_work(recommend, monkeypatch):
    monkeypatch.setattr("aegen.comparison.recommend", lambda *a, **k: pytest.fail("it worked"))
    assert recommend("bars", "--out", "nowhere/all.csv")[0] == 2
