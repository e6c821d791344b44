"""Training: it learns, repeats to the byte, goes on where it stopped, says what is wrong."""

import itertools
import json

import numpy as np
import pytest
import torch

from aegen.core.errors import InvalidInput, StorageError, TrainingError
from aegen.core.progress import reporting
from aegen.core.storage import load_arrays, save_arrays
from aegen.data import datasets
from aegen.supermask import Recipe, networks, paper_recipe, train
from aegen.supermask.parametrization import attached
from aegen.supermask.standardisation import standardised
from aegen.supermask.torch_network import Network
from aegen.supermask.training.history import FLIPS

pytestmark = pytest.mark.usefixtures("one_thread")

PLAN = networks.create("fcn", hidden="40-20", size=28)


@pytest.fixture(scope="module")
def digits(real_data):
    """Training and held-out images and labels; a few thousand real ones where they are there."""
    images = datasets.create("mnist").load(real_data / "mnist").limited(4000, 1000)
    labels = images.attributes["class"].cat.codes.to_numpy(np.int64)
    held = images.holdout
    return images.images[~held], labels[~held], images.images[held], labels[held]


@pytest.fixture(scope="module")
def few(digits):
    return tuple(part[:320] for part in digits)


def recipe(**changes):
    return Recipe(**{"epochs": 4, "kappa": 3.0, "batch": 64, "rate": 0.5, "every": 4, **changes})


def bytes_of(training, folder):
    """Ticket and history as files have them, but for the seconds, which are never the same."""
    training.ticket().write(folder / "a.ticket")
    history = training.history()
    for record in history.records:
        record["seconds"] = 0
    history.write(folder / "a.history")
    return (folder / "a.ticket").read_bytes(), (folder / "a.history").read_bytes()


# It learns


@pytest.fixture(scope="module")
def trained(digits):
    """The FCN at a pace that fits a test: a strong decay for few steps."""
    training = train(
        networks.create("fcn", hidden="64"),
        *digits,
        Recipe(epochs=12, kappa=6.0, decay=1.1e-2, learning_rate=0.03, rate=0.5, every=6),
        about={"data": "mnist"},
    )
    list(training)
    return training


def test_supermask_learns_while_its_weights_are_dropped(trained, digits):
    first, last = trained.epochs[0], trained.epochs[-1]
    assert last.accuracy > 0.88
    assert last.loss < 0.5 < np.log(10)
    if len(digits[0]) < 4000:
        pytest.skip("made-up digits are known before many weights are dropped")
    assert last.remaining < 0.2 < first.remaining


def test_frozen_weights_are_bitwise_those_of_the_seed(trained):
    fresh = train(trained.plan, *(part[:9] for part in ARRAYS), trained.recipe)
    pairs = zip(attached(trained.network), attached(fresh.network), strict=True)
    for (_, mask, _), (_, other, _) in pairs:
        assert mask.frozen.numpy().tobytes() == other.frozen.numpy().tobytes()


ARRAYS = (
    np.zeros((9, 28, 28, 1), np.uint8),
    np.arange(9),
    np.zeros((9, 28, 28, 1), np.uint8),
    np.arange(9),
)


def test_ticket_alone_gives_the_same_answers(trained, digits, tmp_path):
    from aegen.supermask.ticket.ticket import Ticket

    trained.ticket(title="a test").write(tmp_path / "a.ticket")
    ticket = Ticket.read(tmp_path / "a.ticket")
    _, _, images, labels = digits
    x = torch.from_numpy(standardised(images)).permute(0, 3, 1, 2)
    with torch.no_grad():
        logits = Network(ticket.plan, ticket.weights())(x)
        trained.network.eval()
        assert torch.equal(logits.argmax(1), trained.network(x).argmax(1))
    accuracy = float((logits.argmax(1).numpy() == labels).mean())
    assert accuracy == pytest.approx(trained.epochs[-1].accuracy, abs=1e-9)
    assert ticket.about["accuracy"] == trained.epochs[-1].accuracy
    assert ticket.about["title"] == "a test"


def test_which_weights_remain_matters(trained, digits):
    """A mask with the same counts in each layer, at random places, guesses."""
    rng = np.random.default_rng(0)
    _, _, images, labels = digits
    x = torch.from_numpy(standardised(images)).permute(0, 3, 1, 2)
    weights = {}
    for name, mask, original in attached(trained.network):
        s = mask.signs(original).numpy()
        weights[name] = rng.permutation(s.ravel()).reshape(s.shape) * mask.frozen.numpy()
    with torch.no_grad():
        guess = Network(trained.plan, weights)(x).argmax(1).numpy()
    assert (guess == labels).mean() < 0.4 < trained.epochs[-1].accuracy


def test_surviving_weights_are_kept_as_often_as_inverted(trained):
    counts = trained.report.layers["fc1"]
    remain = counts.keep + counts.invert
    assert abs(counts.inverted - 0.5) < 3.3 * 0.5 / np.sqrt(remain)


def test_learning_rate_zero_learns_nothing(few):
    still = [e.accuracy for e in train(PLAN, *few, recipe(learning_rate=1e-9, decay=0.0))]
    assert len(set(still)) == 1


@pytest.mark.parametrize("rule", ["binary", "top-k", "dense"])
def test_baselines_learn_through_the_same_loop(rule, digits):
    images, labels, test, test_labels = (part[:2000] for part in digits)
    settings = paper_recipe("fcn", rule, epochs=4, learning_rate=0.05, kappa=3.0)
    training = train(PLAN, images, labels, test, test_labels, settings)
    last = list(training)[-1]
    assert last.accuracy > 0.7
    values = np.unique(np.concatenate([m.ravel() for m in training.masks.values()])).tolist()
    assert values == ([1] if rule == "dense" else [0, 1])
    assert (last.remaining == 1) == (rule == "dense")
    history = training.history()
    assert len(history.records) == 4
    if rule == "dense":
        assert history.epochs == []
        with pytest.raises(TrainingError, match="no masks"):
            training.ticket()
    else:
        assert training.ticket().masks.keys() == PLAN.layers.keys()


# It repeats


@pytest.fixture(scope="module")
def plain(few):
    """A short training that has come to its end."""
    training = train(PLAN, *few, recipe())
    list(training)
    return training


def test_same_seed_same_bytes_and_other_seed_others(few, plain, tmp_path):
    found = []
    for seed in (0, 1):
        training = train(PLAN, *few, recipe(seed=seed))
        list(training)
        found.append(bytes_of(training, tmp_path))
    assert found[0] == bytes_of(plain, tmp_path)
    assert found[0][0] != found[1][0]


def test_torch_s_generator_neither_decides_nor_moves(few, tmp_path):
    found = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        before = torch.random.get_rng_state()
        training = train(PLAN, *few, recipe(epochs=2))
        list(training)
        found.append(bytes_of(training, tmp_path))
        assert torch.equal(before, torch.random.get_rng_state())
    assert found[0] == found[1]


@pytest.mark.parametrize("schedule", ["exponential", "plateau"])
def test_stopped_training_goes_on_as_if_it_had_not_been(schedule, few, tmp_path):
    settings = recipe(epochs=5, schedule=schedule, warmup=2)
    whole = train(PLAN, *few, settings, checkpoint=tmp_path / "whole.safetensors")
    list(whole)
    path = tmp_path / "parts.safetensors"
    list(itertools.islice(train(PLAN, *few, settings, checkpoint=path), 2))
    second = train(PLAN, *few, settings, checkpoint=path)
    assert [e.epoch for e in second.epochs] == [1, 2]
    assert [e.epoch for e in second] == [3, 4, 5]
    assert bytes_of(second, tmp_path) == bytes_of(whole, tmp_path)
    assert [e.flips for e in second.epochs] == [e.flips for e in whole.epochs]
    done = train(PLAN, *few, settings, checkpoint=path)
    assert list(done) == []
    assert bytes_of(done, tmp_path) == bytes_of(whole, tmp_path)


@pytest.mark.parametrize(
    "changes",
    [{"learned_scale": True}, {"precision": "bfloat16"}, {"shift": 1}, {"mirror": True}],
)
def test_training_of_another_kind_goes_on_too(changes, few, plain, tmp_path):
    settings, path = recipe(**changes), tmp_path / "c.safetensors"
    whole = train(PLAN, *few, settings)
    list(itertools.islice(train(PLAN, *few, settings, checkpoint=path), 2))
    parts = train(PLAN, *few, settings, checkpoint=path)
    for training in (whole, parts):
        list(training)
    assert bytes_of(parts, tmp_path) == bytes_of(whole, tmp_path)
    assert whole.epochs[-1].loss != plain.epochs[-1].loss
    with pytest.raises(TrainingError, match=f"was begun with {next(iter(changes))}"):
        train(PLAN, *few, recipe(), checkpoint=path)


def test_learned_scales_end_in_the_ticket_s_kappas_to_the_bit(few):
    training = train(PLAN, *few, recipe(learned_scale=True, learning_rate=0.3))
    list(training)
    ticket = training.ticket()
    assert len(set(ticket.kappas.values())) == len(ticket.kappas)  # each began at 3
    for (name, mask, original), weight in zip(
        attached(training.network), ticket.weights().values(), strict=True
    ):
        assert mask.log_scale.item() == 0
        found = (mask.frozen * mask.signs(original)).numpy()
        assert found.tobytes() == weight.tobytes(), name


def test_checkpoint_without_momentum_would_go_on_otherwise(few, plain, tmp_path):
    """The check above can fail: a checkpoint that forgets something gives other bytes."""
    settings, path = recipe(), tmp_path / "c.safetensors"
    list(itertools.islice(train(PLAN, *few, settings, checkpoint=path), 2))
    arrays, metadata = load_arrays(path)
    save_arrays(path, {k: 0 * a if "momentum" in k else a for k, a in arrays.items()}, metadata)
    forgetful = train(PLAN, *few, settings, checkpoint=path)
    assert list(forgetful)[-1].loss != plain.epochs[-1].loss


def test_more_epochs_may_be_asked_for_later(few, tmp_path):
    path = tmp_path / "c.safetensors"
    list(train(PLAN, *few, recipe(epochs=1), checkpoint=path))
    assert [e.epoch for e in train(PLAN, *few, recipe(epochs=2), checkpoint=path)] == [2]


def test_convolutions_go_on_too(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (64, 16, 16, 3), dtype=np.uint8)
    y = rng.integers(0, 10, 64)
    plan = networks.create("conv4", width=0.125, size=16)
    settings = recipe(epochs=3, kappa=None)
    whole = train(plan, x, y, x, y, settings)
    list(whole)
    path = tmp_path / "c.safetensors"
    next(train(plan, x, y, x, y, settings, checkpoint=path))
    parts = train(plan, x, y, x, y, settings, checkpoint=path)
    list(parts)
    assert bytes_of(parts, tmp_path) == bytes_of(whole, tmp_path)


# What it says


def test_records_add_up(few):
    training = train(PLAN, *few, recipe(decay=5e-3))
    before = {name: mask.copy() for name, mask in training.masks.items()}
    for record in training:
        after = training.masks
        changed = sum(int((before[name] != after[name]).sum()) for name in before)
        assert sum(record.flips.values()) == changed
        dropped = sum(int(((before[n] != 0) & (after[n] == 0)).sum()) for n in before)
        assert record.flips["keep to drop"] + record.flips["invert to drop"] == dropped
        inverted = sum(int(((before[n] == 1) & (after[n] == -1)).sum()) for n in before)
        assert record.flips["keep to invert"] == inverted
        assert tuple(record.flips) == FLIPS
        assert sum(c.total for c in record.layers.values()) == PLAN.total
        assert record.layers == training.report.layers
        assert record.remaining == training.report.total.remaining
        before = {name: mask.copy() for name, mask in after.items()}
    assert training.done


def test_progress_is_told_within_an_epoch(few):
    heard = []
    with reporting(lambda share, text: heard.append((share, text))):
        list(train(PLAN, *few, recipe(epochs=2, batch=4)))
    shares = [share for share, _ in heard]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len(heard) > 4
    assert heard[-1][1].startswith("epoch 2 of 2")


def test_diverging_run_stops_with_its_epoch_and_advice(few, tmp_path):
    path = tmp_path / "c.safetensors"
    settings = recipe(kappa=1e4, learning_rate=10.0, batch=4)
    with pytest.raises(
        TrainingError, match=r"diverges: after epoch 3 .* take kappa from.*epoch 2"
    ):
        list(train(PLAN, *few, settings, checkpoint=path))
    assert len(train(PLAN, *few, settings, checkpoint=path).epochs) == 2


def test_loss_that_is_not_finite_stops_at_once(few, tmp_path):
    path = tmp_path / "c.safetensors"
    with pytest.raises(TrainingError, match=r"the loss is (inf|nan) in epoch 1, at step 1 "):
        list(train(PLAN, *few, recipe(kappa=1e38), checkpoint=path))


def test_layer_without_weights_stops_with_advice_and_keeps_the_epochs_before(few, tmp_path):
    path = tmp_path / "c.safetensors"
    settings = recipe(epochs=30, decay=0.05, threshold=0.05, learning_rate=1e-3)
    training = train(PLAN, *few, settings, checkpoint=path)
    with pytest.raises(TrainingError, match=r"nothing remains of layer fc1.* lower the decay"):
        list(training)
    assert 0 < len(training.epochs) < 30
    assert len(train(PLAN, *few, settings, checkpoint=path).epochs) == len(training.epochs)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"images": np.zeros((9, 28, 28, 3), np.uint8)}, r"takes at least 2 of shape \(28, 28, 1"),
        ({"images": np.zeros((9, 28, 28, 1))}, "uint8"),
        ({"labels": np.arange(8)}, "each needs a label from 0 to 9"),
        ({"labels": np.arange(9) + 5}, "from 5 to 13"),
        ({"test_labels": np.arange(9) - 1}, "test images: each needs a label"),
    ],
)
def test_bad_input_is_refused(changes, said):
    names = ("images", "labels", "test_images", "test_labels")
    with pytest.raises(InvalidInput, match=said):
        train(PLAN, **{**dict(zip(names, ARRAYS, strict=True)), **changes})


def test_device_that_is_not_there_is_refused(few):
    with pytest.raises(TrainingError, match="cpu or cuda"):
        train(PLAN, *few, device="tpu")
    if not torch.cuda.is_available():
        with pytest.raises(TrainingError, match="no GPU"):
            train(PLAN, *few, device="cuda")


def test_checkpoint_of_another_training_is_not_continued(few, tmp_path):
    path = tmp_path / "c.safetensors"
    next(train(PLAN, *few, recipe(), checkpoint=path))
    with pytest.raises(
        TrainingError, match=r"was begun with decay 0\.0005, not with decay 0\.001:"
    ):
        train(PLAN, *few, recipe(decay=1e-3), checkpoint=path)
    with pytest.raises(TrainingError, match="rows 320, not with rows 319"):
        train(PLAN, few[0][1:], few[1][1:], *few[2:], recipe(), checkpoint=path)


def test_damaged_checkpoint_is_refused(few, tmp_path):
    path = tmp_path / "c.safetensors"
    next(train(PLAN, *few, recipe(), checkpoint=path))
    arrays, metadata = load_arrays(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(StorageError, match="not a whole safetensors file"):
        train(PLAN, *few, recipe(), checkpoint=path)
    save_arrays(path, {k: a for k, a in arrays.items() if k != "scores.fc2"}, metadata)
    with pytest.raises(StorageError, match=r"damaged training checkpoint.*scores.fc2"):
        train(PLAN, *few, recipe(), checkpoint=path)
    save_arrays(path, {k: a for k, a in arrays.items() if k != "momentum.fc1"}, metadata)
    with pytest.raises(StorageError, match=r"damaged training checkpoint.*momentum.fc1"):
        train(PLAN, *few, recipe(), checkpoint=path)
    save_arrays(path, arrays)
    with pytest.raises(StorageError, match="no supermask checkpoint"):
        train(PLAN, *few, recipe(), checkpoint=path)


def test_identity_in_a_checkpoint_is_plain(few, tmp_path):
    path = tmp_path / "c.safetensors"
    next(train(PLAN, *few, recipe(), checkpoint=path, about={"data": "mnist"}))
    _, metadata = load_arrays(path)
    assert json.loads(metadata["identity"])["about"] == {"data": "mnist"}
