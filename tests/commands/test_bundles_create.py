"""`aegen bundles create`: an ONNX pair and data become a bundle, or are refused in a sentence."""

import io

import numpy as np
import pytest
from PIL import Image

from aegen.bundles import read
from aegen.projections import projections
from tests.onnx_networks import linear_pair
from tests.tiny_bundle import QuickUMAP


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """PCA in the place of UMAP, whose compiling takes many seconds."""
    chosen = projections.create
    monkeypatch.setattr(
        projections,
        "create",
        lambda name, **given: QuickUMAP() if name == "umap" else chosen(name, **given),
    )


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A person's files: 40 pictures of 8 x 6 pixels, their attributes, an ONNX pair in [-1, 1]."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AEGEN_BUNDLES", str(tmp_path / "mine"))
    rng = np.random.default_rng(0)
    base = rng.random((3, 8, 6))
    x = np.einsum("nk,khw->nhw", rng.random((40, 3)), base) / 3
    x = np.round(255 * x).astype(np.uint8)
    (tmp_path / "photos").mkdir()
    lines = ["file_name,loud,weight"]
    for k, picture in enumerate(x):
        Image.fromarray(picture).save(tmp_path / "photos" / f"{k:02d}.png")
        lines.append(f"{k:02d}.png,{'yes' if k % 3 else 'no'},{k / 2 if k != 5 else ''}")
    (tmp_path / "labels.csv").write_text("\n".join(lines))
    signed = 2 * x[:, None].astype(np.float32) / 255 - 1
    for name, content in zip(("e", "d"), linear_pair(signed, signed, 3), strict=True):
        (tmp_path / f"{name}.onnx").write_bytes(content)
    return tmp_path, x


PAIR = ("--encoder", "e.onnx", "--decoder", "d.onnx")


def test_a_pair_and_a_folder_are_found_by_name_afterwards(aegen, mine):
    folder, x = mine
    (folder / "photos" / "notes.txt").write_text("no picture")
    (folder / "titles.csv").write_text("attribute,value,title\nloud,,noise\nloud,yes,a roar")
    words = ("--images", "photos", "--attributes", "labels.csv", "--title", "My own")
    words += ("--titles", "titles.csv")
    code, said, complaint = aegen("bundles", "create", "mine", *PAIR, *words)
    assert code == 0, complaint
    assert "left out notes.txt" in said
    chosen = next(line for line in said.splitlines() if line.startswith("*"))
    assert chosen.count("[-1, 1]") == 2
    assert said.splitlines()[-1].startswith("written: ")
    bundle = read("mine")
    title = bundle.manifest.title_of
    assert (title("loud"), title("loud", "yes"), title("loud", "no")) == ("noise", "a roar", "no")
    assert (bundle.title, bundle.image_shape, bundle.latent_dim) == ("My own", (8, 6, 1), 3)
    assert bundle.manifest.licence == "not stated"
    assert {name: a.kind for name, a in bundle.manifest.attributes.items()} == {
        "loud": "binary",
        "weight": "number",
    }
    weights = np.concatenate([bundle.attributes["weight"], bundle.holdout_attributes["weight"]])
    assert int(np.isnan(weights).sum()) == 1
    error = np.abs(bundle.reconstruct(x[..., None])[..., 0] - x / 255).max()
    assert error < 0.01
    assert any("notes.txt" in note for note in bundle.manifest.notes)
    deep = ("--deep", "photos", "--attributes", "labels.csv")
    code, said, complaint = aegen("bundles", "check", "mine", *deep)
    assert code == 0, complaint
    assert "on 7 held-out images" in said
    assert "as they should be" in said
    (folder / "photos" / "00.png").unlink()  # all rows move up by one
    assert aegen("bundles", "check", "mine", *deep)[0] != 0


def test_a_convention_that_is_named_is_not_sought(aegen, mine):
    words = ("--images", "photos", "--input", "signed", "--output", "signed")
    code, said, complaint = aegen("bundles", "create", "mine", *PAIR, *words)
    assert code == 0, complaint
    assert "conventions" not in said
    assert read("mine").manifest.encoder.convention.scale == "signed"


def test_codes_alone_and_series(aegen, mine):
    folder, _ = mine
    rng = np.random.default_rng(1)
    np.savez(folder / "codes.npz", codes=rng.normal(size=(50, 4)), kind=np.repeat(["a", "b"], 25))
    code, _, complaint = aegen("bundles", "create", "bare", "--codes", "codes.npz")
    assert code == 0, complaint
    bare = read("bare")
    assert (bare.payload.kind, list(bare.attributes)) == ("codes", ["kind"])
    series = np.cumsum(rng.normal(size=(50, 2, 12)), axis=2).astype(np.float32)
    np.save(folder / "series.npy", series)
    for name, content in zip(("e", "d"), linear_pair(series, series, 5), strict=True):
        (folder / f"{name}.onnx").write_bytes(content)
    code, _, complaint = aegen("bundles", "create", "waves", *PAIR, "--rows", "series.npy")
    assert code == 0, complaint
    assert read("waves").payload.shape == (2, 12)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("Mine!", *PAIR, "--images", "photos"), "small letters, digits and dashes"),
        (("mine", *PAIR), "a bundle needs data to encode"),
        (("mine", "--images", "photos"), "a bundle needs an encoder"),
        (("mine", *PAIR, "--images", "nowhere"), "nowhere"),
        (("mine", *PAIR, "--images", "photos", "--shape", "wide"), "HEIGHTxWIDTH"),
        (("mine", *PAIR, "--images", "photos", "--input", "loud"), "a convention is one of"),
        (("mine", *PAIR, "--images", "photos", "--codes", "c.npz"), "cannot go together"),
        (("mine", *PAIR, "--images", "photos", "--limit", "9"), "belong to --trained"),
        (("mine", "--encoder", "labels.csv", "--images", "photos"), "is of no kind that is read"),
        (("mine", "--encoder", "d.onnx", "--decoder", "e.onnx", "--images", "photos"), "picture"),
    ],
)
def test_what_cannot_be_is_a_sentence_before_any_work(words, sentence, aegen, mine):
    folder, _ = mine
    before = sorted(folder.rglob("*"))
    code, _, complaint = aegen("bundles", "create", *words)
    assert code == 2
    assert sentence in complaint
    assert "Traceback" not in complaint
    assert [p for p in sorted(folder.rglob("*")) if p not in before] in ([], [folder / "mine"])


def test_a_picture_that_is_an_onnx_file_by_name_only(aegen, mine):
    folder, _ = mine
    picture = io.BytesIO()
    Image.new("L", (6, 8)).save(picture, "PNG")
    (folder / "e.onnx").write_bytes(picture.getvalue())
    code, _, complaint = aegen("bundles", "create", "mine", *PAIR, "--images", "photos")
    assert code == 2
    assert "e.onnx" in complaint
    assert "no ONNX file" in complaint
