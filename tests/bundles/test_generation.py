"""From a bundle to new images: the same seed, the same pixels; copying measured; files whole."""

import pickle
import zipfile
from dataclasses import replace
from typing import Annotated

import numpy as np
import pytest
from PIL import Image

import aegen
from aegen.bundles import Bundle
from aegen.core.arrays import FloatArray
from aegen.core.errors import BundleError, InvalidInput, StorageError, UnknownName
from aegen.core.rng import generator
from aegen.samplers import Sampler, samplers
from tests.tiny_bundle import tiny_bundle


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundles") / "tiny"
    tiny_bundle(folder)
    return aegen.load(folder)


class Far(Sampler):
    """Draws a point far from every code."""

    title, summary = "Far", "Nowhere near."
    at_: Annotated[FloatArray, "d"]

    def _fit(self, z, weights, rng):
        self.at_ = z.mean(axis=0) + 50

    def _sample(self, n, rng):
        return np.tile(self.at_, (n, 1)) + rng.normal(size=(n, len(self.at_)))


@pytest.fixture
def fitted(bundle, monkeypatch):
    """A model of the sampler above, as if it were in the family."""

    def make(kind, **options):
        monkeypatch.setattr(type(samplers), "create", lambda self, name, **fields: kind(**fields))
        return bundle.model("stand-in", **options)

    return make


def test_three_lines_to_images(bundle):
    draw = bundle.model("gaussian").sample(16, rng=0)
    assert draw.images.shape == (16, 16, 16, 1)
    assert draw.images.dtype == np.float32
    assert draw.codes.shape == (16, 3)
    assert draw.rows is None
    assert len(draw) == 16
    assert np.array_equal(draw.images, bundle.decode(draw.codes))
    assert draw.draw_seconds >= 0
    assert draw.decode_seconds >= 0


def test_the_same_seed_gives_the_same_draw_and_another_another(bundle):
    model = bundle.model("gaussian", rng=0)
    one, two, other = (model.sample(8, rng=seed) for seed in (1, 1, 2))
    assert np.array_equal(one.images, two.images)
    assert np.array_equal(one.codes, two.codes)
    assert not np.array_equal(one.codes, other.codes)
    rng = generator(1)
    first, second = model.sample(8, rng=rng), model.sample(8, rng=rng)
    assert np.array_equal(first.codes, one.codes)
    assert not np.array_equal(second.codes, one.codes)


def test_the_model_is_fitted_to_the_codes_or_to_the_rows_named(bundle):
    whole, part = bundle.model("gaussian"), bundle.model("gaussian", rows=[1, 3, 5, 7, 9])
    assert whole.rows is None
    assert part.rows.tolist() == [1, 3, 5, 7, 9]

    def mean(model):
        return model.sampler.sample(200_000, rng=0).mean(axis=0)

    assert np.allclose(mean(whole), bundle.codes.mean(axis=0), atol=0.02)
    assert np.allclose(mean(part), bundle.codes[1:10:2].mean(axis=0), atol=0.02)
    assert not np.allclose(mean(part), bundle.codes.mean(axis=0), atol=0.02)


def test_a_word_for_rows_is_the_latent_models_own_field(bundle):
    model = bundle.model("empirical-beta-copula", rng=0, rows="balanced")
    assert model.rows is None
    assert model.sampler.rows == "balanced"
    assert len(model.sample(3, rng=0).images) == 3
    with pytest.raises(InvalidInput):
        bundle.model("empirical-beta-copula", rows="some")
    with pytest.raises(UnknownName, match="field"):
        bundle.model("gaussian", rows="balanced")


def test_rows_are_given_where_the_latent_model_knows_them(bundle):
    draw = bundle.model("bootstrap").sample(12, rng=0)
    assert np.array_equal(draw.codes, bundle.codes[draw.rows])
    draw = bundle.model("bootstrap", rows=[4, 8, 15]).sample(12, rng=0)
    assert set(draw.rows.tolist()) <= {4, 8, 15}
    assert np.array_equal(draw.codes, bundle.codes[draw.rows])


def test_conditioned_models_fix_coordinates_and_keep_rows(bundle):
    model = bundle.model("empirical-beta-copula", degree=5)
    draw = model.condition({1: 0.25}).sample(12, rng=0)
    assert (draw.codes[:, 1] == 0.25).all()
    assert len(np.unique(draw.codes[:, 0])) == 12
    assert draw.rows.max() < 40
    assert np.array_equal(draw.images, bundle.decode(draw.codes))


def test_candidates_of_a_resampled_condition_are_no_training_rows(bundle):
    model = bundle.model("gaussian")
    resampled = bundle.model("bootstrap")
    left = resampled.condition({1: float(bundle.codes[3, 1])})
    assert left.sample(3, rng=0).rows.tolist() == [3, 3, 3]
    swapped = replace(model, sampler=left.sampler, resampled=True)
    assert swapped.sample(3, rng=0).rows is None


def test_models_that_cannot_be_conditioned_say_so(fitted):
    with pytest.raises(InvalidInput, match="Far cannot be conditioned: take another"):
        fitted(Far).condition({0: 1.0})


def test_none_drawn(bundle, tmp_path):
    draw = bundle.model("gaussian").sample(0, rng=0)
    assert draw.images.shape == (0, 16, 16, 1)
    assert draw.codes.shape == (0, 3)
    with pytest.raises(InvalidInput, match="needs images"):
        draw.save(tmp_path / "none.png")
    assert list(tmp_path.iterdir()) == []


def test_nearest_rows_are_exact(bundle):
    z = np.random.default_rng(0).normal(size=(20, 3))
    rows, distances = bundle.nearest(z)
    every = np.linalg.norm(z[:, None] - bundle.codes[None], axis=2)
    assert np.array_equal(rows, every.argmin(axis=1))
    assert np.allclose(distances, every.min(axis=1))
    assert bundle.nearest(bundle.codes)[0].tolist() == list(range(40))


def test_copying_is_nothing_for_copies_and_one_for_new_data(bundle, fitted):
    assert bundle.copying(bundle.model("bootstrap").sample(30, rng=0).codes).ratio == 0
    new = bundle.copying(bundle.holdout)
    assert new.ratio == pytest.approx(1)
    assert new.low <= 1 <= new.high
    assert bundle.copying(fitted(Far).sample(30, rng=0).codes).ratio > 5
    with pytest.raises(InvalidInput, match="to measure copying"):
        bundle.copying(np.empty((0, 3)))


def test_copying_needs_held_out_rows(tmp_path):
    from dataclasses import replace

    from tests.tiny_bundle import tiny_images

    none = replace(tiny_images(), holdout=np.zeros(48, bool))
    tiny_bundle(tmp_path / "whole", image_set=none)
    with pytest.raises(InvalidInput, match="whole has no held-out rows"):
        aegen.load(tmp_path / "whole").copying(np.zeros((1, 3)))


def test_a_png_is_one_grid(bundle, tmp_path):
    draw = bundle.model("gaussian").sample(5, rng=0)
    draw.save(tmp_path / "grid.png", scale=3)
    with Image.open(tmp_path / "grid.png") as image:
        assert image.size == (3 * 48 + 2 * 2, 2 * 48 + 2)
        pixels = np.asarray(image)
    first = np.round(255 * draw.images[0, :, :, 0]).repeat(3, axis=0).repeat(3, axis=1)
    assert np.abs(pixels[:48, :48] - first).max() <= 1


def test_an_npz_holds_arrays_and_no_pickle(bundle, tmp_path):
    draw = bundle.model("bootstrap").sample(5, rng=0)
    draw.save(tmp_path / "draw.npz")
    with np.load(tmp_path / "draw.npz", allow_pickle=False) as found:
        assert sorted(found) == ["codes", "images", "rows"]
        assert np.array_equal(found["images"], draw.images)
        assert np.array_equal(found["codes"], draw.codes)
        assert np.array_equal(found["rows"], draw.rows)


def test_an_npz_without_rows_has_none(bundle, tmp_path):
    bundle.model("gaussian").sample(2, rng=0).save(tmp_path / "draw.NPZ")
    with zipfile.ZipFile(tmp_path / "draw.NPZ") as file:
        assert sorted(file.namelist()) == ["codes.npy", "images.npy"]


@pytest.mark.parametrize("ending", ["png", "npz"])
def test_the_same_draw_gives_the_same_bytes(bundle, tmp_path, ending):
    model = bundle.model("gaussian", rng=0)
    for name in ("one", "two"):
        model.sample(3, rng=5).save(tmp_path / f"{name}.{ending}")
    one, two = ((tmp_path / f"{name}.{ending}").read_bytes() for name in ("one", "two"))
    assert one == two


@pytest.mark.parametrize("name", ["draw.gif", "draw", "draw.png.txt"])
def test_other_endings_are_refused(bundle, tmp_path, name):
    with pytest.raises(InvalidInput, match=r"saved as \.png or \.npz"):
        bundle.model("gaussian").sample(1, rng=0).save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_save_leaves_what_was_there(bundle, tmp_path, monkeypatch):
    draw = bundle.model("gaussian").sample(2, rng=0)
    file = tmp_path / "draw.npz"
    file.write_bytes(b"older")

    def fail(target, **arrays):
        target.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(StorageError, match="No space left"):
        draw.save(file)
    assert file.read_bytes() == b"older"
    assert [path.name for path in tmp_path.iterdir()] == ["draw.npz"]
    with pytest.raises(StorageError, match="cannot be written"):
        draw.save(tmp_path / "absent" / "grid.png")


def test_names_that_nothing_answers_to(bundle, tmp_path):
    with pytest.raises(UnknownName, match="did you mean 'gaussian'"):
        bundle.model("gausian")
    with pytest.raises(UnknownName, match="field of Gaussian"):
        bundle.model("gaussian", colour=3)
    with pytest.raises(UnknownName, match="no bundle named 'nothing'"):
        aegen.load("nothing")
    with pytest.raises(BundleError, match="no such bundle folder"):
        aegen.load(tmp_path / "nothing")


@pytest.mark.parametrize("rows", [[40], [-1], [[1, 2]], [0.5], [1]])
def test_rows_that_cannot_be_fitted_to(bundle, rows):
    with pytest.raises(InvalidInput):
        bundle.model("gaussian", rows=rows)


def test_a_bundle_to_generate_from_travels_as_its_path(bundle):
    back = pickle.loads(pickle.dumps(bundle))
    assert type(back) is Bundle
    assert back.path == bundle.path


def test_public_names_of_the_package():
    assert aegen.load is aegen.bundles.read
    assert aegen.samplers.samplers is samplers
    assert aegen.bundles.read
    assert set(aegen.__all__) <= set(dir(aegen))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        aegen.nonsense  # noqa: B018
