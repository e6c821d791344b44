"""`aegen target`: what it says and writes, and how it refuses."""

import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("with_bundles")


def test_it_writes_what_it_says(aegen, tmp_path):
    out = tmp_path / "high.npz"
    code, printed, _ = aegen("target", "bars", "z0>0 and place>6", "-n", 8, "--out", out)
    assert code == 0
    assert "8 of 8 by rows" in printed
    assert "draws start from the rows that match" in printed
    assert "Of plain draws" in printed
    with np.load(out) as file:
        assert file["codes"].shape == (8, 3)
        assert (file["codes"][:, 0] > 0).all()
        assert file["rows"].shape == (8,)


def test_the_same_seed_writes_the_same(aegen, tmp_path):
    for name in ("a.png", "b.png"):
        assert aegen("target", "bars", "z0>0", "-n", 4, "--out", tmp_path / name)[0] == 0
    aegen("target", "bars", "z0>0", "-n", 4, "--seed", 1, "--out", tmp_path / "c.png")
    a, b, c = ((tmp_path / name).read_bytes() for name in ("a.png", "b.png", "c.png"))
    assert a == b
    assert a != c


def test_too_few_draws_end_with_a_note_and_exit_1(aegen, tmp_path):
    out = tmp_path / "none.png"
    request = "inside pca box 900,900 901,901"
    code, printed, said = aegen("target", "bars", request, "-n", 4, "--tries", 200, "--out", out)
    assert code == 1
    assert "0 of 4 by reject" in printed
    assert "no training row matches" in said
    assert not out.exists()


def test_a_transfer_says_what_moved(aegen, tmp_path):
    out = tmp_path / "moved.npz"
    request = (
        "target",
        "bars",
        "class=upright",
        "--margins",
        "class=lying",
        "-n",
        5,
        "--out",
        out,
    )
    code, printed, _ = aegen(*request)
    assert code == 0
    assert '"class=lying" in' in printed
    with np.load(out) as held:
        assert held["images"].shape == held["before"].shape == (5, 16, 16, 1)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("class=",), "value is missing"),
        (("class=sideways",), "upright, lying, neither"),
        (("class=lying and class=upright",), "at once"),
        (("z0=1..2", "--out", "x.gif"), ".png or .npz"),
        (("z0>0", "--strategy", "magic"), "auto, rows"),
        (("class=neither", "--margins", "class=lying"), "a transfer needs 10"),
        (("z0>0", "--margins", "z1>0", "--sampler", "kde"), "goes with"),
        (("z0>0", "--like-rows", 5), "--like-rows goes with --like"),
    ],
)
def test_refusals_are_one_sentence(aegen, words, says):
    code, _, said = aegen("target", "bars", *words)
    assert code == 2
    assert says in said
    assert len(said.strip().splitlines()) == 1
