"""A supermask autoencoder: trained by its masks alone, and the one that is shipped."""

import itertools
from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

import aegen
from aegen.bundles import create
from aegen.core.errors import InvalidInput, StorageError, TrainingError
from aegen.core.storage import load_arrays, save_arrays
from aegen.projections.pca import PCA
from aegen.supermask.parametrization import attached
from aegen.supermask.ticket.discovery import find_ticket, load_ticket
from aegen.supermask.ticket.ticket import Ticket
from aegen.supermask.training.autoencoder import MaskedTraining, MaskRecipe, rebuilt
from aegen.supermask.training.history import History
from tests.tiny_bundle import tiny_images

SHIPPED_BUNDLE, SHIPPED_TICKET = "mnist-supermask", "mnist-autoencoder"

pytestmark = pytest.mark.usefixtures("one_thread")

RECIPE = MaskRecipe(epochs=3, batch=16, learning_rate=3e-3, decay=0.02, seed=1)
LONG = MaskRecipe(epochs=20, batch=16, learning_rate=1e-2, decay=0.002, end=0.3, seed=1)
ARGUMENTS = {"latent_dim": 3, "encoder": [32, 16]}


@pytest.fixture(scope="module")
def bars():
    """Images of a bright bar, upright (0) or lying (1), and held-out ones."""
    found = tiny_images(160, 40)
    labels = (found.attributes["class"] == "lying").to_numpy().astype(int)
    held = found.holdout
    return found.images[~held], found.images[held], labels[held]


def guess(images):
    """Which way a bar lies: rows of one that lies differ more than its columns."""
    flat = images[..., 0]
    return (flat.mean(axis=2).std(axis=1) > flat.mean(axis=1).std(axis=1)).astype(int)


def training(bars, folder=None, recipe=RECIPE, evaluation_set=guess):
    x, held, labels = bars
    return MaskedTraining(
        x, held, labels, evaluation_set, recipe, arguments=ARGUMENTS, folder=folder
    )


def constants(weights):
    """The sizes other than 0 that the weights of a layer have."""
    return np.unique(np.abs(weights[weights != 0]))


# Training


def test_the_loss_falls_and_the_frozen_weights_stay(bars):
    run = training(bars, recipe=LONG)
    before = {name: mask.frozen.numpy().copy() for name, mask, _ in attached(run.network)}
    records = list(run)
    assert records[-1].test_loss < 0.6 * records[0].test_loss
    assert records[-1].accuracy > 0.8
    for name, mask, _ in attached(run.network):
        assert mask.frozen.numpy().tobytes() == before[name].tobytes()
    for name, weights in run.ticket().weights().items():
        assert np.array_equal(np.abs(weights)[weights != 0], np.abs(before[name])[weights != 0])


def test_recognised_is_what_the_evaluation_set_says(bars):
    _, _, labels = bars
    record = next(training(bars, recipe=replace(RECIPE, epochs=1), evaluation_set=guess_zero))
    assert record.accuracy == (labels == 0).mean()


def test_more_decay_leaves_less(bars):
    left = []
    for decay in (0.002, 0.2):
        *_, last = training(bars, recipe=replace(LONG, epochs=5, decay=decay))
        left.append(last.remaining)
        assert last.remaining == last_share(last)
    assert left[1] < 0.6 * left[0]


def last_share(record):
    counts = record.layers.values()
    return sum(c.keep + c.invert for c in counts) / sum(c.total for c in counts)


def test_without_a_gradient_decay_alone_shrinks_the_scores():
    """As the recipe says, whatever the learning rate: it is not multiplied by it."""
    black = np.zeros((32, 8, 8, 1), np.uint8)
    shrunk = []
    for rate in (1e-9, 1e-8):
        recipe = MaskRecipe(
            epochs=1, batch=16, learning_rate=rate, decay=0.1, end=1.0, threshold=1e-6
        )
        run = MaskedTraining(
            black, black, np.zeros(32, int), guess_zero, recipe, arguments={"encoder": [4]}
        )
        [first, *_] = [p.detach().clone() for _, _, p in attached(run.network)]
        next(run)
        [now, *_] = [p.detach() for _, _, p in attached(run.network)]
        shrunk.append(float((now / first).median()))
    wanted = (1 - recipe.at(0.0)[1]) * (1 - recipe.at(0.5)[1])
    assert shrunk == pytest.approx([wanted] * 2, rel=1e-5)
    assert wanted < 0.97


def guess_zero(images):
    return np.zeros(len(images), int)


def same(a, b):
    return a.keys() == b.keys() and all(np.array_equal(a[k], b[k]) for k in a)


def test_a_training_that_was_stopped_reaches_the_same_bytes(bars, tmp_path):
    whole = training(bars, tmp_path / "whole")
    list(whole)
    list(itertools.islice(training(bars, tmp_path / "cut"), 1))
    cut = training(bars, tmp_path / "cut")
    assert [record.epoch for record in cut.epochs] == [1]
    assert not same(cut.ticket().masks, whole.ticket().masks)
    assert [record.epoch for record in cut] == [2, 3]
    for name in ("checkpoint.safetensors",):
        a, b = ((tmp_path / place / name).read_bytes() for place in ("whole", "cut"))
        assert a == b
    assert cut.ticket().to_bytes() == whole.ticket().to_bytes()
    a, b = cut.history(), whole.history()
    assert np.array_equal(a.histograms, b.histograms)
    assert np.array_equal(a.flips, b.flips)
    assert same(a.masks(1), b.masks(1))
    assert list(training(bars, tmp_path / "cut")) == []


def test_another_seed_gives_other_masks(bars):
    one, two, three = (training(bars, recipe=replace(RECIPE, seed=s, epochs=1)) for s in (1, 1, 2))
    for run in (one, two, three):
        next(run)
    assert same(one.ticket().masks, two.ticket().masks)
    assert not same(one.ticket().masks, three.ticket().masks)


def test_another_training_is_not_continued(bars, tmp_path):
    next(training(bars, tmp_path))
    with pytest.raises(TrainingError, match=r"begun with decay 0.02, not with decay 0.5.*--out"):
        training(bars, tmp_path, replace(RECIPE, decay=0.5))


def test_a_damaged_training_is_refused(bars, tmp_path):
    next(training(bars, tmp_path))
    file = tmp_path / "training.safetensors"
    arrays, metadata = load_arrays(file)
    del arrays["scores.encoder.0"]
    save_arrays(file, arrays, metadata)
    with pytest.raises(StorageError, match=r"damaged training.*scores\.encoder\.0"):
        training(bars, tmp_path)
    save_arrays(file, arrays, {})
    with pytest.raises(StorageError, match="no masked-autoencoder checkpoint"):
        training(bars, tmp_path)


def test_a_layer_that_loses_all_stops_with_advice(bars):
    with pytest.raises(TrainingError, match=r"nothing remains of layer .*lower the decay"):
        list(training(bars, recipe=replace(RECIPE, decay=0.9, first_decay=0.9)))


def test_a_loss_that_is_not_finite_stops_with_its_epoch(bars, tmp_path, monkeypatch):
    run = training(bars, tmp_path)
    next(run)
    monkeypatch.setattr(run.network, "reconstruction_loss", lambda logits, x: logits.mean() / 0)
    with pytest.raises(TrainingError, match=r"loss is .* in epoch 2.*learning rate.*epoch 1 is"):
        next(run)


def test_weights_of_a_size_that_does_not_exist(bars):
    with pytest.raises(InvalidInput, match="kappa gives weights of size"):
        training(bars, recipe=replace(RECIPE, kappa=1e30))


def test_images_that_do_not_fit(bars):
    x, held, labels = bars
    for wrong in ((x[0], held, labels), (x, held[:, :8], labels), (x, held, labels[:3])):
        with pytest.raises(InvalidInput):
            MaskedTraining(*wrong, guess)


# Ticket and bundle of a small one


def test_ticket_network_and_checkpoint_are_one(bars, tmp_path):
    from aegen.autoencoders.train import trained

    run = training(bars, tmp_path)
    list(run)
    ticket = Ticket.from_bytes(run.ticket().to_bytes())
    from_ticket = rebuilt(ticket).state_dict()
    net, about, history = trained(tmp_path / "checkpoint.safetensors")
    kept = net.state_dict()
    assert list(from_ticket) == list(kept) == list(run.autoencoder().state_dict())
    for name, weights in from_ticket.items():
        assert weights.numpy().tobytes() == kept[name].numpy().tobytes()
        assert len(constants(weights.numpy())) == 1
        assert np.array_equal(weights.half().float(), weights)
    assert about["architecture"] == "masked"
    assert [figures["remaining"] for figures in history][-1] == ticket.remaining
    # with another mask the weights are others
    other = ticket.with_masks({n: -m for n, m in ticket.masks.items()})
    assert not np.array_equal(rebuilt(other).state_dict()[name], weights)


def test_a_ticket_that_does_not_fit_its_description(bars):
    ticket = training(bars).ticket()
    described = {**ticket.about, "architecture": {"name": "masked", "arguments": {"size": 9}}}
    with pytest.raises(InvalidInput, match="do not fit"):
        rebuilt(replace(ticket, about=described))


def stored_weights(folder):
    """The matrices and kernels in a bundle's ONNX files, by the names of their layers."""
    found = {}
    for end in ("encoder", "decoder"):
        for tensor in onnx.load(folder / f"{end}.onnx").graph.initializer:
            name = tensor.name.removesuffix(".half").removeprefix("net.")
            if name.endswith(".weight"):
                found[name.removesuffix(".weight")] = numpy_helper.to_array(tensor)
    return found


def test_its_bundle_holds_the_weights_in_half_the_bytes(bars, tmp_path):
    run = training(bars)
    list(run)
    bundle = create(
        "tiny-mask",
        run.autoencoder(),
        tiny_images(160, 40),
        path=tmp_path / "tiny-mask",
        projected={"pca": PCA()},
    )
    stored, wanted = stored_weights(bundle.path), run.ticket().weights()
    assert set(stored) == set(wanted)
    for name, weights in wanted.items():
        assert stored[name].dtype == np.float16
        assert np.array_equal(stored[name].astype(np.float32), weights)


# The shipped one


@pytest.fixture(scope="module")
def shipped():
    return aegen.load(SHIPPED_BUNDLE), load_ticket(SHIPPED_TICKET)


def test_at_most_a_tenth_of_its_weights_remains(shipped):
    bundle, ticket = shipped
    assert ticket.remaining <= 0.10
    stored = stored_weights(bundle.path)
    left = sum(int(np.count_nonzero(array)) for array in stored.values())
    assert left / sum(array.size for array in stored.values()) == ticket.remaining
    assert ticket.about["accuracy"] >= 0.93
    assert ticket.about["test_rows"] == 10_000


def test_every_weight_of_the_bundle_is_that_of_its_ticket(shipped):
    bundle, ticket = shipped
    weights = stored_weights(bundle.path)
    wanted = rebuilt(ticket).state_dict()
    assert {f"{name}.weight" for name in weights} == set(wanted)
    for name, array in weights.items():
        whole = array.astype(np.float32)
        assert whole.tobytes() == wanted[f"{name}.weight"].numpy().tobytes()
        [constant] = constants(whole)
        assert constant == ticket.scale(name)
    # weights that were trained have no such constant
    trained = stored_weights(aegen.load("mnist").path)
    assert trained
    assert all(len(constants(array)) != 1 for array in trained.values())


def test_its_ticket_redraws_the_rows_of_the_bundle(shipped):
    bundle, ticket = shipped
    decoded = bundle.decode(bundle.holdout[:32])
    net = rebuilt(ticket)
    with torch.inference_mode():
        again = net.decode(torch.from_numpy(bundle.holdout[:32].astype(np.float32)))
    assert np.allclose(decoded[..., 0], again[:, 0].numpy(), atol=1e-5)


def recognised(bundle, codes, labels):
    return (bundle.classify(bundle.decode(codes))["class"].argmax(axis=1) == labels).mean()


def test_reconstructions_are_recognised_and_those_of_shuffled_masks_are_not(shipped):
    from aegen.supermask.interventions import shuffle

    bundle, ticket = shipped
    labels = bundle.holdout_attributes["class"].cat.codes.to_numpy()
    assert recognised(bundle, bundle.holdout, labels) >= 0.93
    shuffled = rebuilt(ticket.with_masks(shuffle(ticket.masks, rng=0)))
    with torch.inference_mode():
        x = shuffled.decode(torch.from_numpy(bundle.holdout[:500].astype(np.float32)))
    classified = bundle.classify(x.permute(0, 2, 3, 1).numpy())["class"].argmax(axis=1)
    assert (classified == labels[:500]).mean() < 0.3


@pytest.mark.parametrize("name", ["gaussian-mixture", "kde"])
def test_samplers_draw_from_it(shipped, name):
    bundle, _ = shipped
    draw = bundle.model(name, rng=0).sample(64, rng=0)
    assert draw.images.shape == (64, 28, 28, 1)
    told = bundle.classify(draw.images)["class"].argmax(axis=1)
    assert len(np.unique(told)) >= 7
    real = bundle.decode(bundle.codes[:500])
    mixed = np.random.default_rng(0).permuted(draw.images.reshape(64, -1), axis=1)
    assert nearest(draw.images, real) < 0.7 * nearest(mixed, real)


def nearest(images, others):
    """Median distance of some images to the nearest of others."""
    a, b = (part.reshape(len(part), -1) for part in (images, others))
    return np.median(np.sqrt(((a[:, None] - b[None]) ** 2).sum(axis=2)).min(axis=1))


def test_its_history_ends_at_its_ticket(shipped):
    _, ticket = shipped
    history = History.read(find_ticket(SHIPPED_TICKET).with_suffix(".history"))
    assert same(history.masks(history.epochs[-1]), dict(ticket.masks))
    assert not same(history.masks(history.epochs[0]), dict(ticket.masks))
    assert history.records[-1]["remaining"] == ticket.remaining
