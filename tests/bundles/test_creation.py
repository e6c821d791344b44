"""Writing a bundle: whole or not at all, the same again, and only what fits together."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch

from aegen.autoencoders import Classifier
from aegen.bundles import (
    Convention,
    check,
    create,
    creation,
    deep_check,
    plan,
    read,
    thumbnails,
)
from aegen.bundles.thumbnails import choose_cover, compose, tile_side
from aegen.core import images
from aegen.core.errors import BundleError, InvalidInput, UnknownName
from aegen.core.progress import reporting
from aegen.projections.pca import PCA
from tests.onnx_networks import affine
from tests.tiny_bundle import QuickUMAP, tiny_bundle, tiny_images, tiny_networks, tiny_pair


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_input_gives_the_same_bytes_and_another_seed_another_cover(tmp_path, tiny):
    again = tiny_bundle(tmp_path / "tiny")
    assert files(again.path) == files(tiny.path)
    other = tiny_bundle(tmp_path / "other", name="tiny", rng=1)
    assert files(other.path)["cover.webp"] != files(tiny.path)["cover.webp"]


def test_onnx_files_go_in_as_they_are(tiny):
    files = tiny_pair()
    for name, content in zip(("encoder.onnx", "decoder.onnx"), files, strict=True):
        assert (tiny.path / name).read_bytes() == content
    assert tiny.manifest.architecture is None
    assert tiny.manifest.encoder.parameters == 256 * 3 + 3
    assert tiny.manifest.decoder.parameters == 3 * 256 + 256
    assert tiny.manifest.encoder.convention == tiny.manifest.decoder.convention == Convention()


def ends(net, x, z):
    """What a torch autoencoder makes of images (n, 16, 16, 1) and of codes."""
    with torch.inference_mode():
        codes = net.encode(torch.from_numpy(x.transpose(0, 3, 1, 2).astype(np.float32) / 255))
        pictures = net.decode(torch.from_numpy(z.astype(np.float32)))
    return codes.numpy(), pictures.numpy().transpose(0, 2, 3, 1)


def test_torch_networks_come_back_as_they_went_in(of_torch):
    net, _ = tiny_networks()
    assert of_torch.manifest.architecture.name == "convolutional"
    assert dict(of_torch.manifest.architecture.arguments) == net.arguments
    x = tiny_images().images[of_torch.rows]
    codes, pictures = ends(net, x, of_torch.codes)
    assert np.allclose(of_torch.codes, codes, atol=1e-5)
    assert np.allclose(of_torch.encode(x), codes, atol=1e-5)
    assert np.allclose(of_torch.decode(of_torch.codes), pictures, atol=1e-5)
    other = ends(tiny_networks(seed=1)[0], x, of_torch.codes)
    assert not np.allclose(codes, other[0], atol=0.1)
    assert not np.allclose(pictures, other[1], atol=0.1)


def test_making_a_bundle_leaves_the_networks_alone(of_torch, torch_networks):
    for net, before in zip(torch_networks, tiny_networks(), strict=True):
        assert net.training
        assert next(net.parameters()).requires_grad
        kept = before.state_dict()
        assert all(np.array_equal(kept[name], v) for name, v in net.state_dict().items())


def test_a_variational_autoencoder_is_read_by_its_mean():
    net, _ = tiny_networks(kind="variational", widths=(4,))
    found = plan(net, tiny_images())
    assert found.architecture.name == "variational"
    assert [t.taken for t in found.trials] == [Convention()]  # known of aegen's own networks
    codes, pictures = ends(net, (found.sample * 255).round(), found.codec.encode(found.sample))
    assert np.allclose(found.codec.encode(found.sample), codes, atol=1e-4)
    assert np.allclose(found.codec.reconstruct(found.sample), pictures, atol=1e-4)


def test_reconstruction_is_measured_on_both_parts(tiny):
    source = tiny_images()
    found = tiny.manifest.reconstruction
    for part, rows in (("train", tiny.rows), ("holdout", tiny.holdout_rows)):
        x = source.images[rows] / 255
        y = tiny.decode(tiny.encode(source.images[rows])).astype(float)
        mse = ((x - y) ** 2).mean()
        bce = -(x * np.log(y) + (1 - x) * np.log(1 - y)).sum(axis=(1, 2, 3)).mean()
        assert found[f"mse_{part}"] == pytest.approx(mse, rel=1e-4)
        assert found[f"bce_{part}"] == pytest.approx(bce, rel=1e-4)
    assert found["mse_train"] != found["mse_holdout"]


def test_progress_goes_from_start_to_end(tmp_path):
    told = []
    with reporting(lambda share, what: told.append((what, share))):
        tiny_bundle(tmp_path / "tiny", input=None, output=None, reduce=True)
    assert any("components" in what for what, _ in told)
    tried = [what for what, _ in told if what.startswith("trying pixels")]
    assert tried
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert told[-1] == ("done", 1.0)


@pytest.mark.parametrize("step", ["compose", "parquet", "check", "write_bytes"])
def test_a_failure_in_the_middle_leaves_no_bundle(tmp_path, monkeypatch, step):
    """What was computed waits in a hidden folder for another try, and goes with its success."""

    def fail(*args, **kwargs):
        raise RuntimeError("power cut")

    with monkeypatch.context() as broken:
        broken.setattr(creation, step, fail)
        with pytest.raises(RuntimeError, match="power cut"):
            tiny_bundle(tmp_path / "tiny")
    assert [path.name for path in tmp_path.iterdir()] == [".tiny.unfinished"]
    assert tiny_bundle(tmp_path / "tiny").name == "tiny"
    assert [path.name for path in tmp_path.iterdir()] == ["tiny"]


def test_a_failure_leaves_the_older_bundle_and_success_replaces_it(tmp_path, monkeypatch):
    old = tiny_bundle(tmp_path / "tiny", title="Old")
    before = files(old.path)
    with monkeypatch.context() as broken:
        broken.setattr(creation, "compose", lambda *a, **k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            tiny_bundle(tmp_path / "tiny", title="New")
    assert files(old.path) == before
    assert tiny_bundle(tmp_path / "tiny", title="New").title == "New"
    assert [path.name for path in tmp_path.iterdir()] == ["tiny"]


def test_a_bundle_that_its_own_check_refuses_is_not_written(tmp_path, monkeypatch):
    original = creation.to_tensors

    def spoiled(table):
        named = original(table)
        named["codes.train"][0] = np.nan
        return named

    monkeypatch.setattr(creation, "to_tensors", spoiled)
    with pytest.raises(BundleError, match=r"was not written: error .*codes\.train.*NaN"):
        tiny_bundle(tmp_path / "tiny")
    assert [path.name for path in tmp_path.iterdir()] == [".tiny.unfinished"]


def test_a_bundle_in_memory_that_the_check_refuses_is_not_made(monkeypatch):
    original = creation.to_tensors

    def spoiled(table):
        return {**original(table), "codes.train": original(table)["codes.train"][:, :2]}

    monkeypatch.setattr(creation, "to_tensors", spoiled)
    with pytest.raises(BundleError, match=r"was not made: error .*codes\.train.*shape \(40, 2\)"):
        tiny_bundle(None)


def test_what_is_no_bundle_is_not_replaced(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    with pytest.raises(BundleError, match="no bundle: name a new folder"):
        tiny_bundle(tmp_path / "thesis")
    assert (tmp_path / "thesis" / "chapter.txt").read_text() == "years of work"
    with pytest.raises(BundleError, match="there is no folder"):
        tiny_bundle(tmp_path / "absent" / "tiny")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "Tiny Bars"}, "small letters"),
        ({"title": ""}, "needs a title"),
        ({"title": "two\nlines"}, "title: must be text .* on one line"),
        ({"description": "  "}, "needs a description"),
        ({"description": 3}, "needs a description"),
        ({"licence": ""}, "needs a licence"),
        ({"citation": 3}, "citation: must be text"),
        ({"source": None, "citation": "x" * 20_001}, "citation: must be text"),
        ({"training": {"loss": float("nan")}}, "JSON"),
        ({"training": {"net": object()}}, "JSON"),
        ({"training": ["adam"]}, "training must be"),
    ],
)
@pytest.mark.parametrize("where", ["folder", "memory"])
def test_texts_that_cannot_be_used(tmp_path, monkeypatch, changes, said, where):
    """Before any long work, whose result they would throw away."""
    monkeypatch.setattr(creation, "safetensors", None)
    place = tmp_path / "tiny" if where == "folder" else None
    with pytest.raises(InvalidInput, match=said):
        tiny_bundle(place, **changes)
    assert list(tmp_path.iterdir()) == []


def test_a_projection_that_does_not_exist_is_known_at_once(monkeypatch):
    monkeypatch.setattr(creation, "safetensors", None)
    with pytest.raises(UnknownName, match="no projection named 'tsne'"):
        tiny_bundle(None, projected={"tsne": PCA()})


def test_projections_of_another_kind_are_known_at_once(monkeypatch):
    monkeypatch.setattr(creation, "safetensors", None)
    for given, said in ((PCA(), "must be a UMAP, got PCA"), (None, "must be a UMAP, got NoneTy")):
        with pytest.raises(InvalidInput, match=said):
            tiny_bundle(None, projected={"umap": given})
    with pytest.raises(InvalidInput, match="projected must be a mapping by name, got"):
        tiny_bundle(None, projected=["pca"])


def test_classifiers_of_other_pictures_are_known_at_once(monkeypatch):
    monkeypatch.setattr(creation, "safetensors", None)
    of_colour = tiny_networks(channels=3)[1]
    with pytest.raises(InvalidInput, match=r"takes pictures \(16, 16, 3\), the data are image"):
        tiny_bundle(None, classifier=of_colour)
    smaller = Classifier(channels=1, size=8, attributes={"class": 3}, widths=[4], features=8)
    with pytest.raises(InvalidInput, match=r"takes pictures \(8, 8, 1\), the data are image"):
        tiny_bundle(None, classifier=smaller)
    with pytest.raises(InvalidInput, match=r"must be an aegen\.autoencoders\.Classifier, got str"):
        tiny_bundle(None, classifier="mnist")


@pytest.mark.parametrize("kept", [np.arange(48) - 1, np.arange(48) + 2**31])
def test_row_ids_that_the_file_cannot_hold(kept):
    with pytest.raises(InvalidInput, match=r"row ids must be from 0 to below 2\^31"):
        tiny_bundle(None, image_set=altered(kept=kept))


def altered(**changes):
    return dataclasses.replace(tiny_images(), **changes)


def test_images_and_networks_that_do_not_fit(tmp_path):
    source = tiny_images()

    def refused(said, **changes):
        with pytest.raises(InvalidInput, match=said):
            tiny_bundle(tmp_path / "tiny", **changes)
        assert list(tmp_path.iterdir()) == []

    refused("takes pictures of 1 channels, these have 3", image_set=tiny_images(channels=3))
    refused("pictures must be uint8", image_set=altered(images=source.images / 255.0))
    refused("pictures must be uint8", image_set=altered(images=source.images[0]))
    small = altered(images=source.images[:, :8, :8])
    refused(r"cannot take rows of shape \(1, 8, 8\)", image_set=small)
    refused("same number of rows", image_set=altered(holdout=source.holdout[:-1]))
    refused("at least 3 training rows", image_set=altered(holdout=np.ones(48, bool)))
    refused("needs a licence", image_set=altered(licence=""))
    mood = source.attributes.rename(columns={"class": "mood"})
    refused("values of 'class'", image_set=altered(attributes=mood))
    long = source.attributes.assign(label=["x" * 201] * 48)
    refused("label.values: must be a list of different texts", image_set=altered(attributes=long))
    gaps = source.attributes.assign(place=[None] * 48)
    refused("48 gaps", image_set=altered(attributes=gaps))
    times = source.attributes.assign(when=pd.Timestamp("2020-01-01"))
    refused("must be text, yes or no, or a number", image_set=altered(attributes=times))


def test_codes_that_are_nan_are_refused(tmp_path):
    net, _ = tiny_networks()
    net.encoder.head.bias.data[0] = float("nan")
    with pytest.raises(InvalidInput, match="codes that are NaN or infinite: see whether it is tr"):
        tiny_bundle(tmp_path / "tiny", network=net)
    assert list(tmp_path.iterdir()) == []


def test_the_deep_check_measures_the_classifier_and_the_codes(tmp_path):
    source = tiny_images()
    bundle = tiny_bundle(tmp_path / "tiny")
    report = deep_check(bundle, source)
    x = source.images[bundle.holdout_rows]
    told = bundle.classify(x)["class"].argmax(axis=1)
    labels = source.attributes["class"].cat.codes.to_numpy()[bundle.holdout_rows]
    assert report.real["class"].right == (told == labels).sum()
    told = bundle.classify(bundle.decode(bundle.encode(x)))["class"].argmax(axis=1)
    assert report.reconstructed["class"].right == (told == labels).sum()
    assert report.n == 8
    assert report.mse == pytest.approx(bundle.manifest.reconstruction["mse_holdout"], rel=1e-4)
    assert report.code_gap < 1e-6
    assert report.ok
    assert "as they should be" in report.text()


def test_the_deep_check_rejects_codes_of_other_images(tmp_path):
    bundle = tiny_bundle(tmp_path / "tiny")
    other = dataclasses.replace(tiny_images(seed=1), holdout=tiny_images().holdout)
    report = deep_check(bundle, other)
    assert not report.ok
    assert "NOT the codes" in report.text()


def test_the_deep_check_refuses_another_data_set(tiny):
    with pytest.raises(InvalidInput, match="was made from 'bars'"):
        deep_check(tiny, dataclasses.replace(tiny_images(), name="beams"))
    with pytest.raises(InvalidInput, match="give the whole data set"):
        deep_check(tiny, tiny_images().limited(10))


def test_a_bundle_of_fewer_images_still_knows_their_rows(tmp_path):
    images = tiny_images()
    bundle = tiny_bundle(tmp_path / "few", image_set=images.limited(20, 4))
    assert (len(bundle.rows), len(bundle.holdout_rows)) == (20, 4)
    assert images.holdout[bundle.holdout_rows].all()
    assert not images.holdout[bundle.rows].any()
    codes = bundle.encode(images.images[bundle.holdout_rows])
    assert np.allclose(codes, bundle.holdout, atol=1e-6)


def test_wilson_intervals():
    from aegen.bundles.checking import Accuracy

    low, high = Accuracy(97, 100).interval()  # Wilson's interval, as in textbooks
    assert low == pytest.approx(0.9155, abs=1e-4)
    assert high == pytest.approx(0.9897, abs=1e-4)
    assert Accuracy(100, 100).interval()[1] == 1.0


@pytest.mark.parametrize(
    ("n", "side", "c", "tile", "covered"),
    [
        (40, 28, 1, 28, 40),
        (3, 64, 3, 64, 3),
        (60, 20, 1, 20, 60),
        (90, 40, 1, 32, 90),
        (500, 40, 1, 16, 390),
    ],
)
def test_tiles_are_as_large_as_fits_and_lie_in_the_order_of_rows(
    n, side, c, tile, covered, monkeypatch
):
    monkeypatch.setattr(thumbnails, "PIXELS", 100_000)
    x = np.zeros((n, side, side, c), np.uint8)
    x[:] = (np.arange(n) * 37 % 256).astype(np.uint8)[:, None, None, None]
    content, atlas = compose(images.shrink(x, tile_side(n, side, side)))
    assert (atlas.tile_h, atlas.tile_w, atlas.rows) == (tile, tile, covered)
    picture = images.read_webp(content, (*atlas.size, c))
    for row in (0, 1, covered // 2, covered - 1):
        y, across = divmod(row, atlas.columns)
        middle = picture[y * tile + tile // 2, across * tile + tile // 2]
        assert np.abs(middle.astype(int) - x[row, 0, 0]).max() <= 12


def test_quality_falls_until_the_atlas_fits():
    x = np.random.default_rng(0).integers(0, 256, size=(100, 16, 16, 1), dtype=np.uint8)
    large, _ = compose(x)
    small, _ = compose(x, limit=len(large) * 9 // 10)
    assert len(small) <= len(large) * 9 // 10
    least, _ = compose(x, limit=1)
    assert len(least) < len(small)


def test_the_cover_shows_every_value_before_one_twice():
    labels = np.array(["a"] * 90 + ["b"] * 8 + ["c"] * 2)
    chosen = choose_cover(labels, 100, np.random.default_rng(0))
    assert len(set(chosen.tolist())) == 12
    counts = {v: int((labels[chosen] == v).sum()) for v in "abc"}
    assert counts == {"a": 5, "b": 5, "c": 2}
    assert len(choose_cover(None, 5, np.random.default_rng(0))) == 5


def test_projections_are_found_by_name_unless_given(tmp_path, monkeypatch):
    """Without ``projected`` all projections of the family are fitted."""
    from aegen.core.family import Family

    monkeypatch.setattr(
        Family, "create", lambda self, name: {"pca": PCA(), "umap": QuickUMAP()}[name]
    )
    bundle = tiny_bundle(tmp_path / "tiny", projected=None)
    assert bundle.manifest.projections == ("pca", "umap")


def test_create_says_what_it_needs():
    with pytest.raises(InvalidInput, match="needs data to encode, or codes: give data= or codes="):
        create("somewhere")
    with pytest.raises(InvalidInput, match="needs an encoder, or codes"):
        create("somewhere", data=tiny_images())


def test_the_check_prints_what_the_bundle_holds(tiny, of_torch):
    text = check(tiny.path).text()
    assert "40 training, 8 held out" in text
    assert "3 dimensions\n" in text
    assert "images          16 x 16 x 1" in text
    assert "3 dimensions, convolutional" in check(of_torch.path).text()
    assert read(tiny.path).manifest.size == sum(
        path.stat().st_size for path in tiny.path.iterdir() if path.name != "bundle.json"
    )


def test_a_decoder_that_ignores_its_code_is_no_fault_of_the_bundle(monkeypatch):
    """One picture of noise comes back, which packing changes: no sign of another training."""
    monkeypatch.setattr(thumbnails, "QUALITIES", (0,))
    rng = np.random.default_rng(0)
    encoder = affine(rng.normal(size=(768, 3)), np.zeros(3), (3, 16, 16), (3,))
    decoder = affine(np.zeros((3, 768)), rng.random(768), (3,), (3, 16, 16))
    given = {"encoder": encoder, "decoder": decoder, "projected": {"pca": PCA()}}
    unit = Convention()
    bundle = create("mine", data=tiny_images(channels=3), input=unit, output=unit, **given)
    assert np.ptp(bundle.decode(bundle.codes[:5]), axis=0).max() == 0
