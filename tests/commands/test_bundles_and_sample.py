"""`aegen bundles` and `aegen sample`: what they print and write, and how they refuse."""

import io

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.usefixtures("with_bundles")

COPULA = "empirical-beta-copula"
DRAW = ("sample", "bars", "--sampler", COPULA)


def test_the_list_names_what_is_at_hand(aegen):
    code, printed, _ = aegen("bundles")
    assert code == 0
    line = next(line for line in printed.splitlines() if " bars " in line)
    assert "40 + 8 held out" in line


def test_a_sound_bundle_passes_and_an_altered_one_does_not(aegen, bundle_folder, tmp_path):
    code, printed, _ = aegen("bundles", "check", "bars")
    assert (code, "sound" in printed) == (0, True)
    altered = tmp_path / "altered"
    altered.mkdir()
    for file in (bundle_folder / "bars").iterdir():
        (altered / file.name).write_bytes(file.read_bytes())
    codes = bytearray((altered / "codes.safetensors").read_bytes())
    codes[-1] ^= 1
    (altered / "codes.safetensors").write_bytes(bytes(codes))
    code, printed, _ = aegen("bundles", "check", altered)
    assert code == 1
    assert "codes.safetensors" in printed
    assert "error" in printed
    code, printed, _ = aegen("bundles", "check", tmp_path / "nowhere")
    assert (code, "1 error" in printed) == (1, True)


@pytest.mark.parametrize("sampler", ["gaussian", "empirical-beta-copula"])
def test_sample_writes_a_picture_or_arrays(aegen, tmp_path, sampler):
    words = ("sample", "bars", "--sampler", sampler, "-n", 5, "--seed", 1, "--out")
    for name in ("a.npz", "b.npz", "grid.png"):
        assert aegen(*words, tmp_path / name)[0] == 0
    with np.load(tmp_path / "a.npz") as a, np.load(tmp_path / "b.npz") as b:
        assert a["codes"].shape == (5, 3)
        assert np.array_equal(a["images"], b["images"])
    with Image.open(io.BytesIO((tmp_path / "grid.png").read_bytes())) as picture:
        assert min(picture.size) > 16


def test_fields_reach_the_latent_model(aegen, tmp_path):
    words = ("sample", "bars", "--sampler", "kde", "-n", 4, "--field", "variance=inflated")
    for name, width in (("a.npz", "0.01"), ("b.npz", "5")):
        given = ("--field", f"bandwidth={width}", "--out", tmp_path / name)
        assert aegen(*words, *given)[0] == 0
    spread = [np.load(tmp_path / name)["codes"].std() for name in ("a.npz", "b.npz")]
    assert spread[1] > 2 * spread[0]


def test_what_draws_where_none_is_named_is_the_default(aegen, tmp_path):
    from aegen.core import defaults

    for name, named in (("a.npz", ()), ("b.npz", ("--sampler", defaults.SAMPLER))):
        assert aegen("sample", "bars", *named, "-n", 4, "--out", tmp_path / name)[0] == 0
    one, other = (np.load(tmp_path / name)["codes"] for name in ("a.npz", "b.npz"))
    assert np.array_equal(one, other)


def test_coordinates_can_be_fixed_and_a_collapse_is_said(aegen, tmp_path):
    fixed = ("--given", "2=0.5", "--given", "0=0.5")
    words = ("sample", "bars", "--sampler", COPULA, "-n", 4, *fixed, "--out", tmp_path / "a.npz")
    code, _, said = aegen(*words)
    assert code == 0
    assert (np.load(tmp_path / "a.npz")["codes"][:, [0, 2]] == 0.5).all()
    assert "effective rows of 40, so they are little more than those rows" in said
    code, _, said = aegen(*words, "--field", "degree=2")
    assert (code, said) == (0, "")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("sample", "brs", "--out", "x.png"), "no bundle named 'brs'; did you mean 'bars'"),
        (("sample", "bars", "--sampler", "gausian", "--out", "x.png"), "did you mean 'gaussian'"),
        ((*DRAW, "--field", "degre=5", "--out", "x.png"), "did you mean 'degree'"),
        ((*DRAW, "--field", "degree", "--out", "x.png"), "NAME=VALUE"),
        ((*DRAW, "--field", "degree=0", "--out", "x.png"), "whole number of 1 or more"),
        (("sample", "bars", "--given", "a=1", "--out", "x.png"), "INDEX=VALUE"),
        (("sample", "bars", "--given", "0=1", "--given", "0=2", "--out", "x.png"), "twice"),
        (("sample", "bars", "--given", "7=1", "--out", "x.png"), "from 0 to 2"),
        (("sample", "bars", "--out", "x.gif"), ".png"),
        (("sample", "bars", "--out", "no/such/folder/x.png"), "cannot be written"),
        (("bundles", "check", "bars", "--deep", "/no/such/data"), "there is no such path"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(aegen, tmp_path, monkeypatch, words, sentence):
    monkeypatch.chdir(tmp_path)
    code, _, complaint = aegen(*words)
    assert code == 2
    assert sentence in complaint
    assert complaint.startswith("aegen: ")
    assert complaint.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_create_wants_an_autoencoder_and_a_classifier(aegen, tmp_path):
    words = ("bundles", "create", "new", "--trained", tmp_path, "--out", tmp_path / "new")
    code, _, complaint = aegen(*words, "--title", "New", "--description", "New.")
    assert code == 2
    assert "checkpoint.safetensors: there is no such file" in complaint
    assert list(tmp_path.iterdir()) == []
