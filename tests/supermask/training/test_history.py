"""Histories: what goes in comes out, the mask at the trained threshold exactly."""

import json

import numpy as np
import pytest

from aegen.core.errors import InvalidInput, StorageError
from aegen.core.storage import load_arrays, save_arrays
from aegen.supermask import Recipe, networks, train
from aegen.supermask.training.history import BINS, History, packed_scores, thinned, unpacked_scores


@pytest.fixture(scope="module")
def training():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (200, 28, 28, 1), dtype=np.uint8)
    y = rng.integers(0, 10, 200)
    plan = networks.create("fcn", hidden="30-20")
    found = train(plan, x, y, x, y, Recipe(epochs=5, kappa=3.0, decay=1e-2, learning_rate=0.02))
    list(found)
    return found


@pytest.fixture
def file(training, tmp_path):
    training.history().write(tmp_path / "a.history")
    return tmp_path / "a.history"


def test_what_is_written_is_read(training, file):
    before, after = training.history(), History.read(file)
    assert after.layers == training.plan.layers
    assert after.records == before.records
    assert [r["epoch"] for r in after.records] == [1, 2, 3, 4, 5]
    for name in ("counts", "flips", "histograms", "edges"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
    assert after.about["recipe"]["decay"] == 1e-2
    assert after.epochs == [1, 2, 3, 4, 5]
    for name, mask in training.masks.items():
        np.testing.assert_array_equal(after.masks(5)[name], mask)


def test_figures_fit_the_masks(training, file):
    found = History.read(file)
    for k, epoch in enumerate(found.epochs):
        for j, mask in enumerate(found.masks(epoch).values()):
            counts = [(mask > 0).sum(), (mask < 0).sum(), (mask == 0).sum()]
            assert found.counts[k, j].tolist() == counts
    assert found.flips.sum(axis=(1, 2)).tolist() == [
        sum(record["flips"].values()) for record in found.records
    ]
    sizes = [np.prod(shape) for shape in found.layers.values()]
    assert (found.histograms.sum(axis=2) == sizes).all()
    assert found.histograms.shape[2] == BINS


def test_mask_at_the_trained_threshold_comes_out_exactly(training, file):
    found = History.read(file)
    for name, mask in training.masks.items():
        scores, tau = found.variable(name), np.float32(found.thresholds[name])
        again = np.where(np.abs(scores) > tau, np.sign(scores), 0)
        np.testing.assert_array_equal(again, mask)


def test_steps_of_scores_are_as_fine_as_said():
    rng = np.random.default_rng(0)
    scores = (rng.normal(size=(500, 100)) * 0.02).astype(np.float32)
    scores[0, :4] = [0.01, -0.01, np.nextafter(np.float32(0.01), np.float32(1)), 0]
    tau = float(np.float32(0.01))
    packed, largest = packed_scores(scores, tau)
    back = unpacked_scores(packed, scores.shape, tau, largest)
    below = np.abs(scores) <= tau
    assert np.abs(back - scores)[below].max() <= tau / 63 * 1.001
    assert np.abs(back - scores)[~below].max() <= (largest - tau) / 64 * 0.51
    np.testing.assert_array_equal(np.abs(back) > np.float32(tau), ~below)
    far = np.abs(scores) > tau / 63
    assert (np.sign(back) == np.sign(scores))[far].all()


@pytest.mark.parametrize("threshold", [0.0, 0.5, 100.0])
def test_thresholds_at_the_ends(threshold):
    scores = np.array([[0.0, 1.0, -2.0, 0.25]], np.float32)
    back = unpacked_scores(
        *reversed_arguments(packed_scores(scores, threshold), (1, 4), threshold)
    )
    np.testing.assert_array_equal(np.abs(back) > threshold, np.abs(scores) > threshold)


def reversed_arguments(packed, shape, threshold):
    return packed[0], shape, threshold, packed[1]


def test_masks_that_take_too_much_are_thinned_but_for_the_last():
    coded = {k: {"a": bytes(1000 // k)} for k in range(1, 21)}
    kept = thinned(coded, 900)
    assert max(kept) == 20
    assert sum(len(c["a"]) for c in kept.values()) <= 900
    assert 5 < len(kept) < 20
    assert list(thinned(coded, 10)) == [20]
    assert list(thinned(coded, 10**9)) == list(coded)


def test_same_history_same_bytes(training, tmp_path):
    for name in ("a", "b"):
        training.history().write(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_epoch_that_is_not_kept_is_refused(training):
    with pytest.raises(InvalidInput, match="epoch 9 are not kept"):
        training.history().masks(9)
    with pytest.raises(InvalidInput, match="no scores of 'fc9'"):
        training.history().variable("fc9")


def test_bad_files_are_refused(file, tmp_path):
    arrays, metadata = load_arrays(file)
    other = tmp_path / "b.history"
    other.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(StorageError, match="not a whole"):
        History.read(other)
    save_arrays(other, arrays)
    with pytest.raises(StorageError, match="not a history"):
        History.read(other)
    save_arrays(other, arrays, {**metadata, "history": "1"})
    with pytest.raises(StorageError, match=r"version 1 of the format, not 2.*train again"):
        History.read(other)
    for broken in (
        {k: a for k, a in arrays.items() if k != "counts"},
        {**arrays, "counts": arrays["counts"][1:]},
        {k: a for k, a in arrays.items() if k != "mask.3.fc2"},
    ):
        save_arrays(other, broken, metadata)
        with pytest.raises(StorageError, match="damaged history"):
            History.read(other)
    save_arrays(other, arrays, {**metadata, "records": "["})
    with pytest.raises(StorageError, match="damaged history"):
        History.read(other)
    save_arrays(other, {**arrays, "scores.fc1": arrays["scores.fc1"][:50]}, metadata)
    with pytest.raises(InvalidInput, match="damaged"):
        History.read(other).variable("fc1")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("layers", {"fc1": [30, ""], "fc2": [20, 30], "fc3": [10, 20]}),
        ("layers", {"fc1": [10**30, 784], "fc2": [20, 30], "fc3": [10, 20]}),
        ("layers", {"fc1": {"a": 1}, "fc2": [20, 30], "fc3": [10, 20]}),
        ("layers", []),
        ("thresholds", {"fc1": "x", "fc2": 0.01, "fc3": 0.01}),
        ("thresholds", {"fc1": 1e308, "fc2": 0.01, "fc3": 0.01}),
        ("largest", {"fc1": 10**400, "fc2": 0.1, "fc3": 0.1}),
        ("largest", {"fc1": None, "fc2": 0.1, "fc3": 0.1}),
        ("records", [1, 2, 3, 4, 5]),
        ("records", [{"epoch": epoch} for epoch in (1, 2, 3, 4, 5)]),
        ("about", "me"),
    ],
)
def test_descriptions_of_another_kind_are_refused(file, tmp_path, text, value):
    arrays, metadata = load_arrays(file)
    save_arrays(tmp_path / "b.history", arrays, metadata)
    assert History.read(tmp_path / "b.history").epochs == [1, 2, 3, 4, 5]
    save_arrays(tmp_path / "b.history", arrays, {**metadata, text: json.dumps(value)})
    with pytest.raises(StorageError, match="damaged history"):
        History.read(tmp_path / "b.history")
