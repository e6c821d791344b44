"""What single pixels tell: found where a network does not look, and added to what it says."""

import numpy as np
import pytest
import torch

from aegen.autoencoders import Classifier
from aegen.autoencoders import pixel_classifier as details_module
from aegen.autoencoders.checkpoint import read_checkpoint
from aegen.autoencoders.pixel_classifier import SWAY, Details
from aegen.autoencoders.train import train_classifier, trained
from aegen.autoencoders.training_loop import Recipe
from aegen.core.errors import TrainingError
from aegen.core.progress import reporting

SIDE, AT = 8, (5, 2)
RECIPE = Recipe(epochs=2, batch=32, learning_rate=1e-3)


def figures(rng, n):
    """Pictures of two blots anywhere, whose class only one faint pixel tells."""
    x = np.zeros((n, SIDE, SIDE, 3), np.uint8)
    y = rng.integers(0, 3, n)
    for k in range(n):
        for _ in range(2):
            r, c = rng.integers(0, SIDE - 2, 2)
            x[k, r : r + 2, c : c + 2] = rng.integers(60, 255, 3)
    x[(slice(None), *AT)] = 70 + 12 * y[:, None]
    return x, y


@pytest.fixture(scope="module")
def shown():
    return figures(np.random.default_rng(0), 400)


@pytest.fixture(scope="module")
def held_out():
    return figures(np.random.default_rng(1), 200)


def first(x):
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2))


def share(network, pictures):
    x, y = pictures
    with torch.inference_mode():
        found = network(torch.from_numpy(first(x)).float() / 255)
    found = found["class"] if isinstance(found, dict) else found
    return float((found.argmax(1).numpy() == y).mean())


def begun(path, shown, held_out, details=("class",)):
    """A training under way, as it goes on when its steps are asked for."""
    (x, y), (h, v) = shown, held_out
    both = [np.stack([labels, labels % 2], axis=1).astype(np.int64) for labels in (y, v)]
    return train_classifier(
        x,
        both[0],
        h,
        both[1],
        path,
        attributes={"class": 3, "odd": 2},
        details=details,
        recipe=RECIPE,
    )


@pytest.fixture(scope="module")
def whole(shown, held_out, one_thread, tmp_path_factory):
    """The checkpoint of a training that has come to its end."""
    path = tmp_path_factory.mktemp("pixels") / "whole"
    list(begun(path, shown, held_out))
    return path


@pytest.fixture(scope="module")
def whole_of_both(shown, held_out, one_thread, tmp_path_factory):
    """The same, with details of both attributes, of which one is named twice."""
    path = tmp_path_factory.mktemp("pixels") / "both"
    list(begun(path, shown, held_out, details=("odd", "class", "odd")))
    return path


def test_one_faint_pixel_decides(shown, held_out):
    details = Details(pixels=3 * SIDE * SIDE, values=3)
    assert not details.fitted
    assert share(details, held_out) < 0.5
    details.fit(first(shown[0]), shown[1])
    assert details.fitted
    assert share(details, held_out) > 0.98
    added = details(torch.rand(50, 3, SIDE, SIDE))  # pictures that it never saw
    assert added.max() <= 0
    assert added.min() >= -SWAY
    mixed = np.random.default_rng(2).permutation(shown[1])
    details.fit(first(shown[0]), mixed)
    assert share(details, held_out) < 0.5


@pytest.mark.parametrize("values", [(0, 1), (0, 2)])
def test_two_values_of_three_are_told_and_the_third_never(shown, held_out, values):
    of = [np.isin(y, values) for _, y in (shown, held_out)]
    details = Details(pixels=3 * SIDE * SIDE, values=3)
    details.fit(first(shown[0][of[0]]), shown[1][of[0]])
    assert share(details, (held_out[0][of[1]], held_out[1][of[1]])) > 0.98


def test_pixels_that_hardly_move_have_no_say(shown):
    x = shown[0].copy()
    x[:, 0, 0] = 0
    x[:2, 0, 0] = 255  # in half a hundredth of the pictures
    x[:, 0, 1] = 100 + np.arange(len(x))[:, None] % 5  # by a few levels
    details = Details(pixels=3 * SIDE * SIDE, values=3)
    details.fit(first(x), shown[1])
    weight = details.weight.reshape(3, 3, SIDE, SIDE)
    assert not weight[:, :, 0, :2].any()
    assert weight[:, :, AT[0], AT[1]].any()


def test_pictures_that_tell_nothing_leave_it_as_it_was(shown):
    details = Details(pixels=3 * SIDE * SIDE, values=3)
    details.fit(np.zeros((20, 3, SIDE, SIDE), np.uint8), np.arange(20) % 3)
    details.fit(first(shown[0]), np.zeros(len(shown[1]), np.int64))
    assert not details.fitted


def test_a_classifier_adds_them_to_the_logits_of_their_attribute(shown, held_out, whole, tmp_path):
    without = tmp_path / "without"
    list(begun(without, shown, held_out, details=()))
    network, about, history = trained(whole)
    plain, _, _ = trained(without)
    assert about["arguments"]["details"] == ["class"]
    assert share(network, held_out) > 0.95 > share(plain, held_out) + 0.2
    assert history[-1]["accuracy_class"] == pytest.approx(share(network, held_out))
    x = torch.from_numpy(first(held_out[0])).float() / 255
    with torch.inference_mode():
        ours, theirs = network(x), plain(x)
        known = network(x, network.features(x))
        assert torch.equal(network.features(x), plain.features(x))
        added = network.details_of()["class"](x)
    assert torch.equal(ours["odd"], theirs["odd"])
    assert torch.allclose(ours["class"], theirs["class"] + added)
    assert all(torch.equal(known[name], ours[name]) for name in ours)


def test_a_training_that_was_stopped_before_them_reads_them_when_it_goes_on(
    shown, held_out, whole, tmp_path
):
    stopped = tmp_path / "stopped"
    steps = begun(stopped, shown, held_out)
    for _ in range(RECIPE.epochs * 13):  # all of them; what follows the last is not asked for
        next(steps)
    steps.close()
    assert len(read_checkpoint(stopped).history) == RECIPE.epochs
    assert not trained(stopped)[0].details_of()["class"].fitted
    assert list(begun(stopped, shown, held_out)) == []
    ours, theirs = read_checkpoint(stopped), read_checkpoint(whole)
    assert all(np.array_equal(ours.weights[name], theirs.weights[name]) for name in theirs.weights)
    assert ours.history == theirs.history
    before = stopped.read_bytes()
    assert list(begun(stopped, shown, held_out)) == []
    assert stopped.read_bytes() == before


def test_attributes_whose_details_were_read_are_not_read_again(
    shown, held_out, whole_of_both, tmp_path, monkeypatch
):
    class Killed(Exception):
        pass

    def kill(share, text):
        if text.endswith("of class"):
            raise Killed

    both, stopped = ("odd", "class"), tmp_path / "stopped"
    with reporting(kill), pytest.raises(Killed):
        list(begun(stopped, shown, held_out, details=both))
    real, read = Details.fit, []

    def fit(self, *args):
        read.append(self)
        return real(self, *args)

    monkeypatch.setattr(Details, "fit", fit)
    assert list(begun(stopped, shown, held_out, details=both)) == []
    assert len(read) == 1
    ours, theirs = read_checkpoint(stopped), read_checkpoint(whole_of_both)
    assert all(np.array_equal(ours.weights[name], theirs.weights[name]) for name in theirs.weights)
    assert ours.history == theirs.history


def test_details_of_an_unknown_attribute_are_refused(shown, held_out, tmp_path):
    with pytest.raises(TrainingError, match=r"no attribute 'klass'.*class, odd"):
        list(begun(tmp_path / "c", shown, held_out, details=("klass",)))
    assert not (tmp_path / "c").exists()


def test_a_classifier_of_before_them_still_reads_and_goes_on(shown, held_out, tmp_path):
    path = tmp_path / "old"
    steps = begun(path, shown, held_out, details=())
    for _ in range(13):
        next(steps)
    steps.close()
    assert "details" not in read_checkpoint(path).about["arguments"]  # as it was before there were
    assert len(list(begun(path, shown, held_out, details=()))) == 13
    network, _, history = trained(path)
    assert isinstance(network, Classifier)
    assert network.details_of() == {}
    assert len(history) == RECIPE.epochs


def test_each_attribute_has_its_own_details(held_out, whole_of_both):
    network, about, _ = trained(whole_of_both)
    assert about["arguments"]["details"] == ["odd", "class"]
    x = torch.from_numpy(first(held_out[0])).float() / 255
    with torch.inference_mode():
        told = {name: part(x).argmax(1).numpy() for name, part in network.details_of().items()}
    assert (told["class"] == held_out[1]).mean() > 0.95
    assert told["odd"].max() == 1  # the middle one of three levels: no line parts it from both


def test_an_optimum_that_is_not_reached_is_said(shown, monkeypatch):
    monkeypatch.setattr(details_module, "STEPS", 2)
    details = Details(pixels=3 * SIDE * SIDE, values=3)
    with pytest.raises(TrainingError, match="not found in 2 steps"):
        details.fit(first(shown[0]), shown[1])
    assert not details.fitted
