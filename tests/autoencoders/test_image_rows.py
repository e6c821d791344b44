"""Images decoded on access: the same training as of an array, a bounded block at a time."""

import numpy as np
import pytest

from aegen.autoencoders import image_rows
from aegen.autoencoders.image_rows import Subset, blocks, kept
from aegen.autoencoders.train import train_autoencoder, train_classifier
from aegen.autoencoders.training_loop import Recipe
from aegen.core.errors import TrainingError
from tests.decoded_images import DecodedImages

pytestmark = pytest.mark.usefixtures("one_thread")

RECIPE = Recipe(epochs=2, batch=8, learning_rate=1e-2)


@pytest.fixture(scope="module")
def noise():
    return np.random.default_rng(0).integers(0, 256, (40, 8, 12, 1), dtype=np.uint8)


def autoencoder(images, held_out, path):
    arguments = {"latent_dim": 2, "widths": [4]}
    list(train_autoencoder(images, held_out, path, arguments=arguments, recipe=RECIPE))
    return path.read_bytes()


def classifier(images, held_out, path):
    labels = [np.arange(len(part))[:, None] % 3 for part in (images, held_out)]
    list(
        train_classifier(
            images,
            labels[0],
            held_out,
            labels[1],
            path,
            attributes={"a": 3},
            details=["a"],
            recipe=RECIPE,
        )
    )
    return path.read_bytes()


@pytest.mark.parametrize("train", [autoencoder, classifier])
@pytest.mark.parametrize("keep", [True, False])
def test_the_same_training_from_files_as_from_an_array(train, keep, noise, tmp_path, monkeypatch):
    if not keep:
        monkeypatch.setattr(image_rows, "KEPT", noise.nbytes - 1)
    files, rows = DecodedImages(noise), np.arange(40)
    shown, kept_out = Subset(files, rows[rows % 4 > 0]), Subset(files, rows[rows % 4 == 0])
    found = train(shown, kept_out, tmp_path / "files")
    assert found == train(noise[rows % 4 > 0], noise[::4], tmp_path / "array")
    assert found != train(noise[rows % 4 > 0][::-1], noise[::4], tmp_path / "other")
    if keep:
        assert (files.fetched == 1).all()
    elif train is autoencoder:
        assert (files.fetched == 2).all()
        assert files.most <= 10  # the held-out ones; a batch has 8


def test_large_pictures_are_evaluated_a_few_at_a_time():
    large = np.broadcast_to(np.uint8(0), (900, 512, 512, 3))
    small = np.broadcast_to(np.uint8(0), (900, 28, 28, 1))
    assert [len(range(900)[part]) for part in blocks(small)] == [500, 400]
    assert max(len(range(900)[part]) for part in blocks(large)) == 31
    assert sum(len(range(900)[part]) for part in blocks(large)) == 900


def test_what_is_kept_stays_within_its_bound(noise, monkeypatch):
    a, b = DecodedImages(noise), DecodedImages(noise)
    assert kept(noise)[0] is noise
    assert kept(Subset(noise, np.arange(3)))[0].images is noise
    monkeypatch.setattr(image_rows, "KEPT", 2 * noise.nbytes - 1)
    assert kept(a, b) == (a, b)
    first, _ = kept(a, DecodedImages(noise[:2]))
    for rows in (np.array([3, 1, 3]), slice(0, 4), np.array([3])):
        assert np.array_equal(first[rows], noise[rows])
    assert a.fetched[:5].tolist() == [1, 1, 1, 1, 0]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (np.zeros((4, 8, 8), np.uint8), r"\(n, h, w, c\)"),
        (np.zeros((4, 8, 8, 1)), "of uint8, got float64"),
        (np.zeros((1, 8, 8, 1), np.uint8), "at least 2 images"),
    ],
)
def test_what_is_no_set_of_images_is_refused(wrong, said, tmp_path):
    with pytest.raises(TrainingError, match=said):
        next(train_autoencoder(wrong, wrong, tmp_path / "a"))


def test_rows_that_are_not_what_was_said_are_refused(noise, tmp_path, monkeypatch):
    monkeypatch.setattr(image_rows, "KEPT", 0)
    liar = DecodedImages(noise[:, :, :8])
    liar.shape = noise.shape
    with pytest.raises(TrainingError, match="they must be what they say"):
        autoencoder(liar, noise, tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_held_out_images_of_another_shape_are_refused(noise, tmp_path):
    with pytest.raises(TrainingError, match=r"held-out images must be of shape \(8, 12, 1\)"):
        autoencoder(noise, noise[:, :, :8], tmp_path / "a")
