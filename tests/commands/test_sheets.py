"""`aegen sample --sheet` and `aegen target --sheet` write what the app's sheets hold."""

import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from aegen.bundles import read
from aegen.bundles.draw_sheet import draw_sheet
from tests.tiny_bundle import tiny_bundle, tiny_images

pytestmark = pytest.mark.usefixtures("with_bundles")

DRAW = ("--sampler", "gaussian", "-n", 64)


@pytest.fixture(scope="module")
def sprites(tmp_path_factory):
    """A bundle whose images stand on black."""
    images = tiny_images(channels=3)
    x = images.images
    x[x < 40] = 0
    x[:, [0, -1]] = 0
    x[:, :, [0, -1]] = 0
    return str(
        tiny_bundle(tmp_path_factory.mktemp("b") / "dark", image_set=images, channels=3).path
    )


@pytest.mark.parametrize("ask", [("sample",), ("target",)])
def test_64_images_at_4x_with_a_transparent_background(aegen, tmp_path, monkeypatch, sprites, ask):
    monkeypatch.setattr("aegen.core.sprite_sheet.TOLERANCE", 60)  # three components blur much
    monkeypatch.chdir(tmp_path)
    what = () if ask == ("sample",) else ("class=lying or class=upright or class=neither",)
    code, said, _ = aegen(
        *ask, sprites, *what, *DRAW, "--sheet", "s.png", "--atlas", "s.json", "--zip", "s.zip",
        "--scale", 4, "--gap", 1, "--transparent", "--order", "class",
    )  # fmt: skip
    assert code == 0
    assert "Written: s.png" in said
    picture = np.asarray(Image.open("s.png"))
    assert picture.shape == (8 * 65 - 1, 8 * 65 - 1, 4)
    assert 0 < (picture[..., 3] == 0).mean() < 1
    atlas = json.loads((tmp_path / "s.json").read_text())
    assert atlas["meta"]["image"] == "s.png"
    classes = [name.split("-")[2] for name in atlas["frames"]]
    order = read(sprites).manifest.attributes["class"].values
    assert classes == sorted(classes, key=order.index)
    with zipfile.ZipFile("s.zip") as archive:
        assert archive.read("s.png") == (tmp_path / "s.png").read_bytes()
        assert len(archive.namelist()) == 66
    if ask == ("sample",):
        draw = read(sprites).model("gaussian", rng=0).sample(64, rng=0)
        options = {"scale": 4, "gap": 1, "transparent": True, "order": "class"}
        assert (
            draw_sheet(read(sprites), draw.images, **options).png()
            == (tmp_path / "s.png").read_bytes()
        )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--sheet", "x.jpg"), "--sheet must end in .png"),
        (("--sheet", "x.png", "--atlas", "x.txt"), "--atlas must end in .json"),
        (("--zip", "no/such/x.zip"), "there is no such folder"),
        (("--out", "x.png", "--scale", 2), "name its file with --sheet"),
        (("--out", "x.png", "--sheet", "./x.png"), "name the same file"),
        ((), "name a file with --out or --sheet"),
        (("--sheet", "x.png", "--order", "clas"), "did you mean 'class'"),
        (("--sheet", "x.png", "--order", "place"), "attribute to order images of bars by"),
        (("--sheet", "x.png", "--transparent"), "have no background of one colour"),
        (("--sheet", "x.png", "-n", 10_000, "--scale", 64), "over 100 million pixels"),
    ],
)
def test_a_sheet_that_cannot_be_is_refused_before_a_fit(aegen, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("aegen.samplers.base.Sampler.fit", None)
    code, _, complaint = aegen("sample", "bars", *words)
    assert (code, complaint.count("\n")) == (2, 1)
    assert said in complaint
    assert list(tmp_path.iterdir()) == []
