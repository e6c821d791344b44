"""Training of small networks: stopping, seeds, threads, progress, and weights in files."""

import json

import numpy as np
import pytest
import torch

from aegen.core.errors import StorageError
from aegen.core.progress import reporting
from aegen.core.storage import load_arrays, save_arrays
from aegen.samplers import load, samplers
from aegen.samplers._neural import Recipe, flat, initialised, train
from aegen.samplers.base import NotFitted, fingerprint
from tests.example_codes import constant_column, tilted

learned = pytest.mark.parametrize("name", ["normalizing-flow", "flow-matching"])


def fitted(name, z=None, rng=0, **fields):
    fields = {"epochs": 3, "hidden": 8} | fields
    return samplers.create(name, **fields).fit(tilted() if z is None else z, rng=rng)


def trained(rises_after, *, epochs=30, patience=4, seed=0):
    """A network of one weight, and its held-out losses, which fall and then rise."""
    network = torch.nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        network.weight.fill_(0.0)
    losses = []

    def loss(rows, noise):
        if torch.is_grad_enabled():
            return -network.weight.sum()  # training wants ever more
        losses.append((network.weight.item() - rises_after) ** 2)
        return torch.tensor(losses[-1])

    x = np.arange(100.0)[:, None]
    recipe = Recipe(epochs, patience, batch=32, learning_rate=0.1)
    passes = train(network, loss, x, recipe, np.random.default_rng(seed))
    return network.weight.item(), losses, passes


def test_training_stops_and_the_best_weights_are_kept():
    weight, losses, passes = trained(rises_after=2.0)
    assert (weight - 2.0) ** 2 == pytest.approx(min(losses), rel=1e-5)
    best = int(np.argmin(losses))
    assert 0 < best < passes == best + 4 < 30
    assert losses[-1] > 2 * min(losses)


def test_training_that_always_gains_takes_all_passes():
    weight, losses, passes = trained(rises_after=1e3)
    assert passes == 30
    assert (weight - 1e3) ** 2 == pytest.approx(losses[-1], rel=1e-5)


def test_a_loss_that_breaks_down_leaves_the_weights_before():
    weight, _, passes = trained(rises_after=float("nan"))
    assert (weight, passes) == (0.0, 1)


def test_held_out_rows_are_never_learned_from():
    seen = {True: set(), False: set()}
    network = torch.nn.Linear(1, 1)

    def loss(rows, noise):
        seen[torch.is_grad_enabled()] |= set(rows[:, 0].tolist())
        return network(rows).square().mean()

    rng = np.random.default_rng(0)
    train(network, loss, np.arange(200.0)[:, None], Recipe(3, 3, 32, 1e-3, 100), rng)
    assert len(seen[True]) > 150
    assert len(seen[False]) == 20
    assert not seen[True] & seen[False]


@learned
def test_it_stops_by_itself(name):
    noise = np.random.default_rng(0).normal(size=(60, 2))
    assert fitted(name, noise, epochs=500, patience=3, hidden=64).passes_ < 200


@learned
def test_seeds_threads_and_torchs_own_generator(name):
    threads, state = torch.get_num_threads(), torch.random.get_rng_state()
    models = []
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            models.append(fitted(name))
            assert torch.get_num_threads() == count
            models[-1].sample(20, rng=0)
            models[-1].score_samples(tilted())
            assert torch.get_num_threads() == count
    finally:
        torch.set_num_threads(threads)
    assert models[0].parameters_.tobytes() == models[1].parameters_.tobytes()
    assert models[0].parameters_.tobytes() != fitted(name, rng=1).parameters_.tobytes()
    assert torch.equal(torch.random.get_rng_state(), state)


def test_initial_weights_come_from_the_rng_alone():
    def build():
        return torch.nn.Linear(5, 5)

    one, two, other = (flat(initialised(build, np.random.default_rng(k))) for k in (3, 3, 4))
    assert one.tobytes() == two.tobytes() != other.tobytes()
    assert one.dtype == np.float32


@learned
def test_progress_is_told_and_a_listener_can_stop_it(name):
    told = []
    with reporting(lambda share, text: told.append((share, text))):
        fitted(name)
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert "pass 1 of at most 3" in told[0][1]

    class Cancelled(Exception): ...

    def stop(share, text):
        raise Cancelled

    model = samplers.create(name)
    threads = torch.get_num_threads()
    with reporting(stop), pytest.raises(Cancelled):
        model.fit(tilted(), rng=0)
    assert torch.get_num_threads() == threads
    with pytest.raises(NotFitted):
        model.sample()


@learned
def test_weights_that_do_not_fit_the_fields_are_refused(name, tmp_path):
    file = tmp_path / "model.safetensors"
    fitted(name).save(file)
    state, metadata = load_arrays(file)

    def refused(changed, message, **fields):
        told = json.dumps(json.loads(metadata["fields"]) | fields, sort_keys=True)
        mark = fingerprint(changed, name, told)
        save_arrays(file, changed, metadata | {"fields": told, "sha256": mark})
        with pytest.raises(StorageError, match=message):
            load(file)

    weights = state["parameters_"]
    refused(state | {"parameters_": weights[:-1]}, "parameters_ has shape .* does not fit")
    refused(state | {"parameters_": np.append(weights, weights[:1])}, "parameters_ has shape")
    refused(state | {"parameters_": weights.astype(np.float64)}, "float64.*float32")
    refused(state, r"parameters_ has shape", hidden=16)
    refused(state | {"scale_": -state["scale_"]}, "negative")
    refused(state | {"scale_": state["scale_"] * [0, 1]}, "parameters_ has shape")


@learned
def test_models_with_constant_columns_are_read_again(name, tmp_path):
    for z in (constant_column(), np.full((20, 2), 3.0)):
        model = fitted(name, z)
        model.save(tmp_path / "model")
        again = load(tmp_path / "model")
        assert np.array_equal(again.sample(9, rng=0), model.sample(9, rng=0))
