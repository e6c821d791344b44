"""Training: it learns, it repeats, it survives a kill, and it refuses what makes no sense."""

import inspect
import itertools

import numpy as np
import pytest
import torch

from aegen.autoencoders import Convolutional, architectures
from aegen.autoencoders.checkpoint import read_checkpoint
from aegen.autoencoders.train import train_autoencoder, train_classifier, trained
from aegen.autoencoders.training_loop import Recipe
from aegen.core.errors import InvalidInput, StorageError, TrainingError
from aegen.core.storage import load_arrays, save_arrays
from tests.contract import fields_of

pytestmark = pytest.mark.usefixtures("one_thread")

every = pytest.mark.parametrize("architecture", architectures.names())


@pytest.fixture(scope="module")
def bars():
    """Pictures of a bright bar: upright in the first half, lying in the second."""
    x = np.zeros((64, 8, 8, 1), np.uint8)
    for k in range(64):
        at = 1 + k % 6
        if k < 32:
            x[k, :, at] = 255
        else:
            x[k, at] = 255
    return x


LYING = np.arange(64)[:, None] // 32
"""Which of the two kinds of bars each picture shows."""


def run(
    images,
    path,
    epochs=3,
    architecture="convolutional",
    arguments=None,
    begin=None,
    decoder_only=False,
    **changes,
):
    recipe = Recipe(**{"epochs": epochs, "batch": 16, "learning_rate": 1e-2, "seed": 1, **changes})
    kind = architectures.get(architecture)
    known = {"labels": LYING, "attributes": {"lying": 2}} if kind.learns_attributes else {}
    return train_autoencoder(
        images,
        images[:8],
        path,
        architecture=architecture,
        arguments={"latent_dim": 2, **kind.quick, **(arguments or {})},
        **known,
        begin_with=begin,
        decoder_only=decoder_only,
        recipe=recipe,
    )


@every
def test_loss_falls_only_when_it_learns(bars, tmp_path, architecture):
    start = 64 * np.log(2)  # cross-entropy of 64 grey pixels
    losses = {}
    for rate, epochs in ((2e-2, 15), (1e-12, 2)):
        path = tmp_path / f"{rate}"
        steps = list(run(bars, path, epochs, architecture=architecture, learning_rate=rate))
        losses[rate] = steps[-1].loss
    assert losses[2e-2] < 0.6 * start
    assert losses[1e-12] > 0.8 * start


def weights(path):
    return read_checkpoint(path).weights


def same(a, b):
    return a.keys() == b.keys() and all(np.array_equal(a[k], b[k]) for k in a)


@every
def test_a_killed_training_continues_to_the_same_weights(bars, tmp_path, architecture):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    for _ in run(bars, whole, architecture=architecture):
        pass
    # Four steps an epoch: stopped in the middle of the second, whose work is lost.
    for _ in itertools.islice(run(bars, cut, architecture=architecture), 6):
        pass
    assert len(read_checkpoint(cut).history) == 1
    assert not same(weights(whole), weights(cut))
    rest = list(run(bars, cut, architecture=architecture))
    assert [step.epoch for step in rest] == [2] * 4 + [3] * 4
    assert same(weights(whole), weights(cut))
    assert read_checkpoint(whole).history == read_checkpoint(cut).history


def shares_read_off(bars, path, **arguments):
    """Of the pictures, those whose kind a plane in the codes tells."""
    list(run(bars, path, 15, architecture="supervised", arguments=arguments, learning_rate=2e-2))
    network, _, _ = trained(path)
    with torch.inference_mode():
        z = network.encode(torch.from_numpy(bars).permute(0, 3, 1, 2) / 255).numpy()
    plane = np.column_stack([z, np.ones(64)])
    side = plane @ np.linalg.lstsq(plane, 2 * LYING[:, 0] - 1, rcond=None)[0]
    return np.mean((side > 0) == LYING[:, 0])


def test_codes_of_a_supervised_autoencoder_tell_the_attributes_linearly(bars, tmp_path):
    assert shares_read_off(bars, tmp_path / "a", supervision=20.0) > 0.95
    assert shares_read_off(bars, tmp_path / "b", supervision=0.0) < 0.9


def test_latent_noise_makes_pictures_hold_around_codes(bars, tmp_path):
    """Beside no noise, a code that is moved by three tenths decodes nearer to what it did."""
    moved = {}
    for noise in (0.0, 0.3):
        path, given = tmp_path / f"{noise}", {"noise": noise, "latent_dim": 6}
        list(run(bars, path, 15, "latent-noise", given, learning_rate=2e-2))
        network, _, _ = trained(path)
        with torch.inference_mode():
            z = network.encode(torch.from_numpy(bars).permute(0, 3, 1, 2) / 255)
            shock = 0.3 * torch.randn(z.shape, generator=torch.Generator().manual_seed(0))
            x = network.decode(torch.cat([z, z + shock]))
        moved[noise] = float((x[64:] - x[:64]).square().mean())
    assert moved[0.3] < 0.8 * moved[0.0]


def test_a_calibrated_likelihood_learns_too(bars, tmp_path):
    errors = []
    for epochs in (1, 25):
        path, given = tmp_path / f"{epochs}", {"likelihood": "gaussian", "latent_dim": 6}
        for _ in run(bars, path, epochs, architecture="latent-noise", arguments=given):
            pass
        network, about, _ = trained(path)
        assert about["arguments"]["likelihood"] == "gaussian"
        x = torch.from_numpy(bars).permute(0, 3, 1, 2) / 255
        with torch.inference_mode():
            errors.append(float((network(x) - x).square().mean()))
    assert errors[1] < 0.3 * errors[0]


def test_a_training_begins_with_the_weights_of_another(bars, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    list(run(bars, first, 15, learning_rate=2e-2))
    begun = next(run(bars, second, 1, begin=first, learning_rate=1e-6))
    assert begun.loss < 0.5 * next(run(bars, tmp_path / "fresh", 1)).loss
    for _ in run(bars, second, 1, begin=first, learning_rate=1e-6):
        pass
    recipes = read_checkpoint(second).about["begun_with"]
    assert [recipe["epochs"] for recipe in recipes] == [15]
    with pytest.raises(TrainingError, match="begin with one of the same architecture"):
        next(run(bars, tmp_path / "a", 1, begin=first, arguments={"latent_dim": 3}))
    with pytest.raises(StorageError):
        next(run(bars, tmp_path / "a", 1, begin=tmp_path / "nowhere"))


@every
def test_a_decoder_learns_alone_and_codes_stay(bars, tmp_path, architecture):
    first, polished = tmp_path / "first", tmp_path / "polished"
    before = list(run(bars, first, 4, architecture=architecture))[-1].loss
    steps = run(bars, polished, 4, architecture=architecture, begin=first, decoder_only=True)
    assert list(steps)[-1].loss < before
    old, new = trained(first)[0], trained(polished)[0]
    x = torch.from_numpy(bars).permute(0, 3, 1, 2) / 255
    with torch.inference_mode():
        assert torch.equal(old.encode(x), new.encode(x))
        assert not torch.equal(old(x), new(x))
    assert read_checkpoint(polished).about["decoder_only"] is True
    with pytest.raises(TrainingError, match="was begun with decoder_only"):
        next(run(bars, polished, 4, architecture=architecture, begin=first))


def test_what_a_decoder_needs_to_learn_alone_is_told(bars, tmp_path):
    with pytest.raises(TrainingError, match="say which to begin with"):
        next(run(bars, tmp_path / "a", 1, decoder_only=True))
    network = architectures.create("convolutional", size=8, latent_dim=2, widths=[4])
    del network.decoder
    with pytest.raises(InvalidInput, match="Convolutional has no part named decoder"):
        network.train_decoder_only()


def test_labels_are_for_those_who_learn_them(bars, tmp_path):
    for architecture, labels, said in (
        ("convolutional", LYING, "learns no attributes"),
        ("supervised", None, "give the labels"),
        ("supervised", LYING[:9], r"need labels of shape \(64, 1\)"),
    ):
        with pytest.raises(TrainingError, match=said):
            next(
                train_autoencoder(
                    bars,
                    bars[:8],
                    tmp_path / "a",
                    architecture=architecture,
                    labels=labels,
                    attributes={"lying": 2},
                )
            )


def test_the_seed_decides(bars, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        for _ in run(bars, tmp_path / name, 1, seed=seed):
            pass
    assert same(weights(tmp_path / "a"), weights(tmp_path / "b"))
    assert not same(weights(tmp_path / "a"), weights(tmp_path / "c"))


def test_the_global_generator_is_left_alone(bars, tmp_path):
    before = torch.random.get_rng_state()
    for _ in run(bars, tmp_path / "a", 1, architecture="variational"):
        pass
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_finished_training_does_nothing_more(bars, tmp_path):
    list(run(bars, tmp_path / "a", 2))
    assert list(run(bars, tmp_path / "a", 2)) == []


def test_another_training_is_not_continued(bars, tmp_path):
    list(run(bars, tmp_path / "a", 1))
    with pytest.raises(TrainingError, match=r"recipe.*--out"):
        list(run(bars, tmp_path / "a", 2))
    with pytest.raises(TrainingError, match="architecture convolutional"):
        list(run(bars, tmp_path / "a", 1, architecture="variational"))


def test_a_loss_that_is_not_finite_stops_with_its_step(bars, tmp_path, monkeypatch):
    network = architectures.get("convolutional")
    monkeypatch.setattr(
        network, "loss", lambda self, x, noise: network.forward(self, x).mean() / 0
    )
    with pytest.raises(TrainingError, match="step 1 "):
        list(run(bars, tmp_path / "a", 1))
    assert not (tmp_path / "a").exists()


def test_a_truncated_checkpoint_is_named(bars, tmp_path):
    path = tmp_path / "a"
    list(run(bars, path, 1))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(StorageError, match="safetensors"):
        list(run(bars, path, 2))
    with pytest.raises(StorageError, match="no such file"):
        trained(tmp_path / "b")


def test_a_damaged_checkpoint_is_named(bars, tmp_path):
    path = tmp_path / "a"
    list(run(bars, path, 1))
    whole, metadata = load_arrays(path)
    name = next(name for name in whole if name.startswith("weights."))
    for arrays, texts in (
        (whole, {k: v for k, v in metadata.items() if k != "about"}),
        (whole, {**metadata, "about": "{"}),
        ({**whole, "other.x": whole[name]}, metadata),
        *(
            ({k: v for k, v in whole.items() if k != missing}, metadata)
            for missing in whole
            if missing.startswith("weights.")
        ),
    ):
        save_arrays(path, arrays, texts)
        with pytest.raises(StorageError, match=f"{path}: "):
            trained(path)


def test_a_place_that_cannot_be_written_is_told_before_the_work(bars, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="cannot be made a folder"):
        next(run(bars, tmp_path / "file" / "checkpoint"))


def test_devices_and_shapes_are_refused_in_words(bars, tmp_path):
    def start(images, device):
        return next(train_autoencoder(images, images, tmp_path / "a", device=device))

    with pytest.raises(TrainingError, match="cpu or cuda"):
        start(bars, "tpu")
    if not torch.cuda.is_available():
        with pytest.raises(TrainingError, match="no GPU"):
            start(bars, "cuda")
    with pytest.raises(InvalidInput, match="size must be a whole number from 8 to 512"):
        start(bars[:, :4], "cpu")


def test_the_classifier_learns_and_tells_what_it_is(bars, tmp_path):
    labels = np.stack([np.arange(64) >= 32, np.arange(64) % 6 >= 3], axis=1).astype(np.int64)
    path = tmp_path / "c"
    steps = list(
        train_classifier(
            bars,
            labels,
            bars,
            labels,
            path,
            attributes={"lying": 2, "far": 2},
            recipe=Recipe(epochs=12, batch=8, learning_rate=1e-2),
        )
    )
    figures = steps[-1].figures
    assert figures["accuracy_lying"] > 0.95
    assert figures["accuracy_far"] > 0.8
    network, about, history = trained(path)
    assert about["arguments"]["attributes"] == {"lying": 2, "far": 2}
    assert len(history) == 12
    assert not network.training


@every
@pytest.mark.parametrize(("channels", "size"), [(1, 28), (3, 64), (1, 33)])
def test_it_keeps_shapes_and_range(architecture, channels, size):
    network = architectures.create(architecture, channels=channels, size=size, latent_dim=5).eval()
    again = architectures.get(architecture)(**network.arguments)
    again.load_state_dict(network.state_dict())
    again.eval()
    x = torch.rand(3, channels, size, size, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        z, out = network.encode(x), network(x)
        assert z.shape == (3, 5)
        assert out.shape == x.shape
        assert torch.equal(again(x), out)
        # Far along a direction pixels come near both ends: no ReLU cuts the lower half off.
        far = network.decode(200 * torch.eye(5))
    assert 0 <= far.min() < 0.25 < 0.75 < far.max() <= 1


@every
def test_it_says_what_it_is(architecture):
    kind = architectures.get(architecture)
    assert kind.title
    assert "Example:" in kind.__doc__
    assert {"channels", "latent_dim"} <= fields_of(architectures, architecture).keys()
    assert "size" in inspect.signature(kind).parameters


@every
def test_its_arguments_make_it_again(architecture):
    kind = architectures.get(architecture)
    network = kind(size=8, latent_dim=3, **kind.quick)
    again = kind(**network.arguments)
    again.load_state_dict(network.state_dict())
    assert (again.latent_dim, again.shape) == (3, (1, 8, 8))


class Saturated(Convolutional):
    """A decoder with a sigmoid of its own, which ends at exactly 0 or 1."""

    def decode(self, z):
        return torch.sigmoid(1_000 * self.decoder(z))

    def logits(self, z):
        return self.logits_of(self.decode(z))


class Careless(Saturated):
    def logits(self, z):
        return torch.logit(self.decode(z))


@pytest.mark.parametrize("kind", [Saturated, Careless])
def test_a_decoder_that_reaches_0_and_1_can_be_trained(kind, bars, tmp_path, monkeypatch):
    monkeypatch.setattr(architectures, "get", lambda name: kind)
    z = torch.randn(4, 2, generator=torch.Generator().manual_seed(0))
    assert set(kind(1, 8, 2, [4]).eval().decode(z).unique().tolist()) >= {0.0, 1.0}
    if kind is Saturated:
        assert all(np.isfinite(step.loss) for step in run(bars, tmp_path / "a"))
    else:
        with pytest.raises(TrainingError, match=r"exactly 0 or 1.*logits_of"):
            list(run(bars, tmp_path / "a"))


def test_infinite_logits_cost_what_torch_bounds_them_to():
    logits = torch.tensor([[np.inf, -np.inf, np.inf, -np.inf]])
    x = torch.tensor([[1.0, 0.0, 0.0, 1.0]])
    assert Convolutional.reconstruction_loss(logits, x).item() == 200
    bound = torch.nn.functional.binary_cross_entropy(torch.sigmoid(logits), x, reduction="sum")
    assert bound.item() == 200
    lost = torch.tensor([[np.nan, 0.0, 0.0, 0.0]])
    assert Convolutional.reconstruction_loss(lost, x).isnan()  # that is no certainty
