"""`aegen walk`: what moves, how long and how fast, and what is refused."""

import pytest
from PIL import Image

pytestmark = pytest.mark.usefixtures("with_bundles")


@pytest.mark.parametrize(
    ("way", "frames"),
    [
        ("--row 3 --row 7 --row 9 --path dense --seconds 1 --fps 10", 10),
        ("--row 3 --row 7 --path spherical --seconds 1 --fps 10 --ping-pong", 18),
        ("--row 5 --target class=lying --seconds 0.5 --fps 10", 5),
        ("--smoothing 4 --seconds 0.5 --fps 20", 10),
    ],
)
@pytest.mark.parametrize("kind", ["webp", "gif"])
def test_it_writes_so_many_frames(aegen, tmp_path, way, frames, kind):
    out = tmp_path / f"walk.{kind}"
    code, printed, said = aegen("walk", "bars", *way.split(), "--scale", 2, "--out", out)
    assert (code, said) == (0, "")
    assert "frames" in printed
    with Image.open(out) as moving:
        side = 2 * (33 if "smoothing" in way else 16)
        assert moving.size == (side, side)
        assert moving.info["loop"] == 0
        lasts = 0  # the same picture twice is one frame that lasts twice as long
        for k in range(moving.n_frames):
            moving.seek(k)
            moving.load()
            lasts += moving.info["duration"]
        assert lasts == frames * (50 if "smoothing" in way else 100)


def test_a_line_on_a_map_is_walked_through_the_plane_of_a_row(aegen, tmp_path):
    out = tmp_path / "walk.webp"
    line = ("--points", "0,0 3,1", "--projection", "axes-0-2", "--row", 5, "--seconds", 0.5)
    code, printed, _ = aegen("walk", "bars", *line, "--out", out)
    assert code == 0
    assert "10 frames, 20 a second" in printed


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--row", 3), "two rows or more"),
        (("--row", 3, "--row", 40), "rows 0 to 39"),
        (("--row", 3, "--row", 4, "--path", "magic"), "straight"),
        (("--target", "class=lying", "--smoothing", 3), "not both"),
        (("--points", "1,2"), "at least two pairs"),
        (("--points", "1,2 3,x"), "at least two pairs"),
        (("--points", "1,2 3,4", "--projection", "axes-0-9"), "axes are named"),
        (("--points", "1,2 3,4", "--projection", "tsne"), "pca, umap"),
        (("--row", 1, "--row", 2, "--seconds", 60, "--fps", 50), "from 2 to 2000"),
    ],
)
def test_refusals_are_one_sentence_and_write_nothing(aegen, tmp_path, words, says):
    out = tmp_path / "walk.webp"
    code, _, said = aegen("walk", "bars", *words, "--out", out)
    assert code == 2
    assert says in said
    assert len(said.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_another_ending_is_refused(aegen, tmp_path):
    out = tmp_path / "walk.mp4"
    code, _, said = aegen("walk", "bars", "--row", 1, "--row", 2, "--out", out)
    assert code == 2
    assert ".webp or .gif" in said
