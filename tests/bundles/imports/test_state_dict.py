"""Checkpoints: weights are found, their names matched, and what does not fit is named."""

import argparse
import pathlib

import pytest
import torch
from safetensors.torch import save_file

from aegen.bundles import load_network
from aegen.core.errors import InvalidInput, StorageError


def saved(path, what):
    torch.save(what, path)
    return path


def loaded(path, net_file, name="Net", **more):
    return load_network(path, module=f"{net_file}:{name}", trust_code=True, **more)


def same(one, other, x):
    with torch.no_grad():
        return torch.equal(one.encode(x), other.encode(x))


def prefixed(prefix, named):
    return {prefix + name: tensor for name, tensor in named.items()}


WRAPPED = {
    "bare": lambda named: named,
    "lightning": lambda named: {"state_dict": named, "epoch": 3},
    "model": lambda named: {"model": named, "optimizer": {"state": {0: torch.zeros(2)}}},
    "ema": lambda named: {"ema": named, "step": torch.tensor(5)},
    "twice": lambda named: {"model": {"state_dict": named}},
    "parallel": lambda named: prefixed("module.", named),
    "compiled": lambda named: {
        "state_dict": {f"model.{n.replace('coder.', 'coder._orig_mod.')}": named[n] for n in named}
    },
    "part": lambda named: prefixed("model.", named) | {"loss.weight": torch.zeros(3)},
    "old": lambda named: {n: t for n, t in named.items() if "num_batches" not in n},
    "double": lambda named: {n: t.double() for n, t in named.items()},
}


@pytest.mark.parametrize("wrapped", WRAPPED.values(), ids=WRAPPED)
def test_weights_are_found_wherever_they_are_kept(wrapped, net, net_file, x, tmp_path):
    path = saved(tmp_path / "net.pt", wrapped(net.state_dict()))
    found = loaded(path, net_file)
    assert not found.training
    assert same(found, net, x)


def test_weights_are_read_from_safetensors(net, net_file, x, tmp_path):
    save_file(prefixed("vae.", net.state_dict()), tmp_path / "net.safetensors")
    assert same(loaded(tmp_path / "net.safetensors", net_file), net, x)
    (tmp_path / "cut.safetensors").write_bytes((tmp_path / "net.safetensors").read_bytes()[:-9])
    with pytest.raises(StorageError, match="not a whole safetensors file"):
        loaded(tmp_path / "cut.safetensors", net_file)


def test_averaged_weights_are_taken_by_their_name(net, net_file, x, tmp_path):
    other = {name: torch.zeros_like(tensor) for name, tensor in net.state_dict().items()}
    path = saved(tmp_path / "net.pt", {"ema": net.state_dict(), "model": other})
    assert not same(loaded(path, net_file), net, x)
    assert same(loaded(path, net_file, key="ema"), net, x)
    with pytest.raises(StorageError, match="no weights under 'swa'; it holds: 'model', 'ema'"):
        loaded(path, net_file, key="swa")


def test_weights_that_are_there_twice_are_asked_for(net, net_file, x, tmp_path):
    other = {name: torch.zeros_like(tensor) for name, tensor in net.state_dict().items()}
    both = prefixed("student.", other) | prefixed("teacher.", net.state_dict())
    path = saved(tmp_path / "net.pt", both)
    with pytest.raises(StorageError, match=r"more than once, under student\., teacher\.: say"):
        loaded(path, net_file)
    assert same(loaded(path, net_file, key="teacher"), net, x)


class Callback:
    """Something that a training script leaves in its checkpoints."""

    def __init__(self):
        raise AssertionError("nobody needs to make one to read weights")


def test_a_checkpoint_of_lightning_says_how_its_network_is_built(net_file, net, x, tmp_path):
    kept = {"width": 7, "learning_rate": 0.1, "root": pathlib.PurePosixPath("/data")}
    wide = loaded(None, net_file, arguments={"width": 7})
    checkpoint = {
        "state_dict": prefixed("model.", wide.state_dict()),
        "hyper_parameters": kept | {"options": argparse.Namespace(seed=1)},
        "callbacks": {"own": object.__new__(Callback)},
    }
    path = saved(tmp_path / "last.ckpt", checkpoint)
    assert loaded(path, net_file).encoder[1].out_features == 7
    assert loaded(path, net_file, "build").encoder[1].out_features == 7
    with pytest.raises(StorageError, match="has another shape of"):
        loaded(path, net_file, arguments={"width": 3})


def test_names_and_shapes_that_do_not_fit_are_listed(net, net_file, tmp_path):
    named = net.state_dict()
    del named["decoder.0.bias"]
    named |= {f"head.{k}.weight": torch.zeros(1) for k in range(5)}
    named["decoder.0.weight"] = torch.zeros(16, 8)
    with pytest.raises(StorageError) as caught:
        loaded(saved(tmp_path / "net.pt", named), net_file)
    assert str(caught.value) == (
        f"{tmp_path / 'net.pt'}: does not fit Net: it has no decoder.0.bias, has what Net has "
        "not: head.0.weight, head.1.weight, head.2.weight and 2 more, has another shape of "
        "decoder.0.weight (16, 8) in the place of (16, 3); see whether class and arguments are "
        "those of its training"
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([torch.zeros(2)], "holds no weights by name, but a list"),
        ({"epoch": 3}, "holds no weights by name, but the names 'epoch'"),
        ({}, "holds no weights by name, but nothing"),
        ({"a": torch.zeros(2)}, "does not fit Net: it has no decoder"),
    ],
)
def test_what_holds_no_weights(content, said, net_file, tmp_path):
    with pytest.raises(StorageError, match=said):
        loaded(saved(tmp_path / "net.pt", content), net_file)


def test_weights_alone_are_no_network(net, tmp_path):
    path = saved(tmp_path / "net.pt", net.state_dict())
    save_file(net.state_dict(), tmp_path / "net.safetensors")
    for file in (path, tmp_path / "net.safetensors"):
        with pytest.raises(StorageError, match="holds weights and no network: say which class"):
            load_network(file, trust_code=True)


def test_what_is_built_must_be_a_network_with_weights(net, net_file, tmp_path):
    path = saved(tmp_path / "net.pt", net.state_dict())
    with pytest.raises(InvalidInput, match="gives a dict, where a torch module is needed"):
        loaded(path, net_file, "settings")
    with pytest.raises(StorageError, match="Flatten has none"):
        load_network(path, module="torch.nn:Flatten", trust_code=True)
