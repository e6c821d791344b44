"""The classifier on what people have: numbers beside classes, gaps, pictures of any shape."""

import itertools

import numpy as np
import pytest
import torch

from aegen.autoencoders import Classifier
from aegen.autoencoders.checkpoint import read_checkpoint
from aegen.autoencoders.train import train_classifier, trained
from aegen.autoencoders.training_loop import VALIDATION, Recipe, best_epoch
from aegen.core.errors import InvalidInput, TrainingError

pytestmark = pytest.mark.usefixtures("one_thread")

SHAPE = (8, 16, 1)
PLAIN = {"widths": [4], "features": 8}


def bars(n, seed=0):
    """Pictures of an upright bar, bright or dim, and where it stands."""
    draw = np.random.default_rng(seed)
    bright, place = draw.integers(0, 2, n), draw.integers(1, 13, n)
    x = np.zeros((n, *SHAPE), np.uint8)
    for k in range(n):
        x[k, :, place[k] : place[k] + 2] = 120 + 110 * bright[k]
    return x, bright.astype(np.int64)[:, None], 1e6 + 50.0 * place


def steps_of(path, *, shown=None, held_out=None, recipe=None, **changes):
    """A training under way on bars."""
    x, bright, place = shown or bars(160)
    h, v, w = held_out or bars(60, seed=1)
    given = {
        "attributes": {"bright": 2},
        "numbers": {"place": place},
        "held_out_numbers": {"place": w},
        "recipe": recipe or Recipe(epochs=6, batch=16, learning_rate=1e-2),
    }
    return train_classifier(x, bright, h, v, path, **{**given, **changes})


def network(attributes=(("class", 3),), numbers=(("age", (40.0, 10.0)),), **changes):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        arguments = {"channels": 1, "size": SHAPE[:2], **PLAIN, **changes}
        return Classifier(attributes=dict(attributes), numbers=dict(numbers), **arguments).eval()


def first(x):
    return torch.from_numpy(x.transpose(0, 3, 1, 2).copy()).float() / 255


def test_it_learns_classes_and_numbers_of_pictures_that_are_not_square(tmp_path):
    path = tmp_path / "c"
    figures = list(steps_of(path))[-1].figures
    assert figures["accuracy_bright"] > 0.95
    assert figures["r2_place"] > 0.9
    assert figures["error_place"] < 80
    found, about, _ = trained(path)
    assert about["arguments"]["size"] == [8, 16]
    x, _, place = bars(60, seed=1)
    with torch.inference_mode():
        told = found.measure(first(x))["place"].numpy()
        known = found.measure(first(x), found.features(first(x)))["place"].numpy()
    assert np.array_equal(told, known)
    assert float(np.median(np.abs(told - place))) == pytest.approx(
        figures["error_place"], rel=1e-4
    )
    assert np.corrcoef(told, place)[0, 1] > 0.95
    mixed = np.random.default_rng(3).permutation(bars(160)[2])
    other = list(steps_of(tmp_path / "mixed", numbers={"place": mixed}))[-1].figures
    assert other["r2_place"] < 0.3  # what cannot be read is not


def test_numbers_alone_can_be_learned(tmp_path):
    x, _, place = bars(40)
    none = np.empty((40, 0), np.int64)
    steps = train_classifier(
        x,
        none,
        x,
        none,
        tmp_path / "c",
        attributes={},
        numbers={"place": place},
        held_out_numbers={"place": place},
        recipe=Recipe(epochs=1, batch=16),
    )
    figures = list(steps)[-1].figures
    assert "r2_place" in figures
    assert trained(tmp_path / "c")[0](first(x[:2])) == {}


def test_what_is_not_known_has_no_say():
    net = network(attributes=(("class", 3), ("tall", 2)), numbers=(("age", (40.0, 10.0)),))
    x = torch.rand(6, 1, *SHAPE[:2], generator=torch.Generator().manual_seed(1))
    f = net.features(x)
    labels = torch.tensor([[0, 1], [2, -1], [-1, 0], [1, 1], [-1, -1], [2, 0]])
    ages = torch.tensor([[30.0], [np.nan], [50.0], [np.nan], [41.0], [1e3]], dtype=torch.float64)
    logits, age = net(x, f), net.gauge(f)[:, 0]
    wanted = sum(
        torch.nn.functional.cross_entropy(logits[name][rows], labels[rows, k])
        for k, (name, rows) in enumerate((("class", [0, 1, 3, 5]), ("tall", [0, 2, 3, 5])))
    )
    far = ((ages[[0, 2, 4, 5], 0] - 40) / 10 - age[[0, 2, 4, 5]]).abs()
    wanted = wanted + torch.where(far < 1, far**2 / 2, far - 0.5).mean()
    assert net.misfit(x, f, labels, ages).item() == pytest.approx(wanted.item(), rel=1e-6)
    assert net.misfit(x, f, labels.clamp(min=0), ages).item() != pytest.approx(wanted.item())


def test_a_batch_of_which_nothing_is_known_moves_nothing():
    net = network().train()
    x = torch.rand(4, 1, *SHAPE[:2])
    noise = torch.Generator().manual_seed(0)
    unknown = torch.full((4, 1), torch.nan)
    loss = net.loss(x, torch.full((4, 1), -1), noise, unknown)
    loss.backward()
    assert loss.item() == 0
    assert all(p.grad is None or not p.grad.any() for p in net.parameters())


def test_rows_without_labels_do_not_spoil_a_training(tmp_path):
    x, bright, place = bars(160)
    gaps = np.random.default_rng(5).random(160) < 0.3
    place[gaps], bright[gaps[::-1]] = np.nan, -1
    h, v, w = bars(60, seed=1)
    v[:50], w[:] = -1, np.nan
    steps = list(steps_of(tmp_path / "c", shown=(x, bright, place), held_out=(h, v, w)))
    assert steps[-1].figures["accuracy_bright"] * 10 == pytest.approx(10)
    assert "error_place" not in steps[-1].figures  # none is known among the held-out ones
    # A training that took a gap for a value would learn the gaps.
    found = trained(tmp_path / "c")[0]
    with torch.inference_mode():
        told = found.measure(first(x))["place"].numpy()
    assert np.median(np.abs(told - bars(160)[2])) < 40


def test_the_seed_decides_also_what_is_left_out(tmp_path):
    short = Recipe(epochs=1, batch=16, seed=2)
    before = torch.random.get_rng_state()
    for name in ("a", "b"):
        list(steps_of(tmp_path / name, recipe=short))
    assert torch.equal(before, torch.random.get_rng_state())
    torch.manual_seed(9)
    list(steps_of(tmp_path / "c", recipe=short))
    assert len({(tmp_path / name).read_bytes() for name in "abc"}) == 1
    torch.random.set_rng_state(before)


PATIENT = Recipe(epochs=30, batch=16, learning_rate=3e-2, seed=1, patience=3)


def noisy():
    """Bars whose brightness is wrong in a third: what is learned of them soon gets worse."""
    x, bright, place = bars(100)
    wrong = np.random.default_rng(8).random(100) < 0.35
    return x, np.where(wrong[:, None], 1 - bright, bright), place


@pytest.fixture(scope="module")
def patient(one_thread, tmp_path_factory):
    """The checkpoint of a whole training with patience, and the weights after each epoch."""
    path = tmp_path_factory.mktemp("patient") / "c"
    kept = {}
    for step in steps_of(path, shown=noisy(), recipe=PATIENT):
        if step.figures:
            kept[step.epoch] = read_checkpoint(path).weights
    return path, kept


def test_a_training_with_patience_stops_and_keeps_the_best_weights(patient):
    path, kept = patient
    history = read_checkpoint(path).history
    best = best_epoch(history)
    losses = [figures[VALIDATION] for figures in history]
    assert losses[best - 1] == min(losses)
    assert len(history) == best + PATIENT.patience < PATIENT.epochs
    final = read_checkpoint(path)
    assert all(np.array_equal(final.weights[n], kept[best][n]) for n in final.weights)
    assert not all(np.array_equal(final.weights[n], kept[best + 3][n]) for n in final.weights)
    assert not final.best
    before = path.read_bytes()
    assert list(steps_of(path, shown=noisy(), recipe=PATIENT)) == []
    assert path.read_bytes() == before


def test_one_that_was_killed_stops_where_it_would_have(patient, tmp_path):
    whole, cut = patient[0], tmp_path / "cut"
    best = best_epoch(read_checkpoint(whole).history)
    per_epoch = 6  # 90 of 100 rows, in batches of 16
    for epochs in (best + 1, 2):  # killed after its best epoch, and as it was about to stop
        list(itertools.islice(steps_of(cut, shown=noisy(), recipe=PATIENT), epochs * per_epoch))
    assert read_checkpoint(cut).best
    list(steps_of(cut, shown=noisy(), recipe=PATIENT))
    assert cut.read_bytes() == whole.read_bytes()


def test_rows_kept_aside_are_not_trained_on(tmp_path):
    """Of twenty pictures two are kept aside; their labels change figures, not weights."""
    x, bright, place = bars(20)
    short = Recipe(epochs=2, batch=8, seed=4, patience=5)
    steps = list(steps_of(tmp_path / "a", shown=(x, bright, place), recipe=short))
    assert steps[-1].steps == 2 * 3  # 18 rows
    aside = np.sort(np.random.default_rng([4, 0]).permutation(20)[:2])
    other = bright.copy()
    other[aside] = 1 - other[aside]
    list(steps_of(tmp_path / "b", shown=(x, other, place), recipe=short))
    a, b = (read_checkpoint(tmp_path / name) for name in "ab")
    assert a.history[0]["loss"] == b.history[0]["loss"]
    assert a.history[0][VALIDATION] != b.history[0][VALIDATION]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"attributes": {"bright": 1}}, "'bright' has 1 values, 0 to 0, got a label 1"),
        ({"attributes": {"a": 2, "b": 2}}, r"need labels of shape \(160, 2\), got \(160, 1\)"),
        ({"numbers": {"place": np.zeros(159)}}, r"'place' needs a value, or NaN, for each of 160"),
        ({"held_out_numbers": {}}, "held-out images need the numbers place, got none"),
        ({"numbers": {"bright": np.arange(160.0)}}, "held-out images need the numbers bright"),
        ({"details": ["place"]}, "no attribute 'place' whose details could be read"),
    ],
)
def test_labels_that_do_not_fit_are_refused_before_the_work(changes, said, tmp_path):
    with pytest.raises(TrainingError, match=said):
        next(steps_of(tmp_path / "c", **changes))
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("place", [np.full(160, 3.0), np.full(160, np.nan), np.full(160, np.inf)])
def test_numbers_that_do_not_differ_are_refused(place, tmp_path):
    with pytest.raises(InvalidInput, match="'place' needs two finite values"):
        next(steps_of(tmp_path / "c", numbers={"place": place}))


def test_a_name_is_a_class_or_a_number():
    with pytest.raises(TrainingError, match="'age' cannot be a class and a number"):
        network(attributes=(("age", 3),))


@pytest.mark.parametrize("unit", [(0.0, 0.0), (0.0, -1.0), (np.nan, 1.0), (1.0,), "x", 5, None])
def test_units_that_measure_nothing_are_refused(unit):
    with pytest.raises(TrainingError, match="centre and a positive scale"):
        network(numbers=(("age", unit),))


@pytest.mark.parametrize("fine", [True, False])
@pytest.mark.parametrize("channels", [1, 4])
def test_it_takes_any_shape(fine, channels):
    net = network(channels=channels, size=(40, 9), widths=None, fine=fine)
    x = torch.rand(2, channels, 40, 9)
    assert net(x)["class"].shape == (2, 3)
    assert net.measure(x)["age"].shape == (2,)
    with pytest.raises(InvalidInput, match="channels must be a whole number from 1 to 4"):
        network(channels=5)


def test_features_are_the_same_where_no_gradient_is_asked_for():
    net = network(channels=3, size=(40, 9), widths=None, fine=True).eval()
    x = torch.rand(5, 3, 40, 9, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        plain = net.features(x)
    assert torch.equal(plain, net.features(x))
    assert not torch.equal(plain, net.features(x / 2))
