"""Files of torch: nothing runs without trust, and where it is given no more than must."""

import os
import pickle
import sys

import numpy as np
import pytest
import torch

from aegen.bundles import load_network
from aegen.bundles.ends import find_ends
from aegen.bundles.imports.torch_file import Unread, kind_of, read_weights
from aegen.core.errors import InvalidInput, StorageError

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:FutureWarning")


class Touch:
    """A pickle that makes a file as it is read."""

    def __init__(self, path, how):
        self.path, self.how = path, how

    def __reduce__(self):
        if self.how == "system":
            return os.system, (f"touch {self.path}",)
        return eval, (f"open({str(self.path)!r}, 'w').close()",)


@pytest.mark.parametrize("how", ["system", "eval"])
@pytest.mark.parametrize("old", [False, True], ids=["archive", "old format"])
def test_a_malicious_pickle_does_not_run(how, old, net, net_file, tmp_path):
    """Without trust it is not read, and where weights are asked for it runs nothing either."""
    path, mark = tmp_path / "net.pt", tmp_path / "mark"
    content = {"state_dict": net.state_dict(), "hook": Touch(mark, how)}
    torch.save(content, path, _use_new_zipfile_serialization=not old)
    for said in ({}, {"module": f"{net_file}:Net"}):
        with pytest.raises(StorageError, match="if you trust it, say trust_code=True"):
            load_network(path, **said)
    try:
        load_network(path, module=f"{net_file}:Net", trust_code=True)
    except StorageError as problem:
        assert "holds no weights that can be read" in str(problem)  # noqa: PT017
    assert not mark.exists()
    torch.load(path, weights_only=False)["hook"]
    assert mark.exists()  # so it would have run


def test_objects_beside_weights_are_neither_made_nor_looked_up(tmp_path):
    path, mark = tmp_path / "net.pt", tmp_path / "mark"
    torch.save({"a": torch.ones(2), "hook": Touch(mark, "eval")}, path)
    before = torch.serialization.get_safe_globals()
    found = read_weights(path, trust_code=True)
    assert found["a"].tolist() == [1, 1]
    assert isinstance(found["hook"], Unread)
    assert torch.serialization.get_safe_globals() == before


def test_a_pickled_module_comes_in_with_trust_only(tmp_path):
    torch.manual_seed(0)
    net = torch.nn.ModuleDict({"encoder": torch.nn.Linear(4, 2), "decoder": torch.nn.Linear(2, 4)})
    for name, content in {"net.pt": net, "kept.pt": {"model": net, "epoch": 1}}.items():
        torch.save(content, tmp_path / name)
        with pytest.raises(StorageError, match="is a pickle"):
            load_network(tmp_path / name)
        found = load_network(tmp_path / name, trust_code=True)
        assert torch.equal(found["encoder"].weight, net["encoder"].weight)


def test_a_pickle_of_a_class_that_is_not_here(net_file, tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "person_net", raising=False)
    made = load_network(module=f"{net_file}:Net", trust_code=True)
    torch.save(made, tmp_path / "net.pt")
    assert load_network(tmp_path / "net.pt", trust_code=True).encode
    monkeypatch.delitem(sys.modules, "person_net")
    with pytest.raises(StorageError, match="an object whose class is not found here"):
        load_network(tmp_path / "net.pt", trust_code=True)


def test_a_pickle_that_torch_did_not_write(tmp_path):
    (tmp_path / "net.pkl").write_bytes(pickle.dumps(torch.nn.Flatten(), protocol=4))
    with pytest.raises(StorageError, match="open it yourself and give the object"):
        load_network(tmp_path / "net.pkl", trust_code=True)


@pytest.mark.parametrize("content", [b"<html>not found</html>", b"PK\x03\x04 cut"])
def test_what_torch_did_not_write(content, tmp_path):
    (tmp_path / "net.pt").write_bytes(content)
    with pytest.raises(StorageError, match="no file that torch wrote"):
        kind_of(tmp_path / "net.pt")


def test_a_file_that_is_cut_short(net, net_file, tmp_path):
    torch.save(net.state_dict(), tmp_path / "net.pt")
    whole = (tmp_path / "net.pt").read_bytes()
    (tmp_path / "net.pt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StorageError, match="is no file that torch wrote: see whether it is whole"):
        load_network(tmp_path / "net.pt", module=f"{net_file}:Net", trust_code=True)


def scripted(net_file, path):
    net = load_network(module=f"{net_file}:Scripted", trust_code=True).eval()
    torch.jit.script(net).save(str(path))
    return net


def test_torchscript_has_its_ends_by_name_and_as_files(net_file, x, tmp_path):
    net = scripted(net_file, tmp_path / "net.pt")
    with pytest.raises(StorageError, match="is TorchScript, which is code: if you trust it"):
        load_network(tmp_path / "net.pt")
    for name, part in net.named_children():
        torch.jit.script(part).save(str(tmp_path / f"{name}.pt"))
    with torch.no_grad():
        z = net.encode(x)[0]
        pictures = net.decode(z).numpy()
    rows = x.numpy()
    first, last = find_ends(load_network(tmp_path / "net.pt", trust_code=True))
    for end, given, wanted in ((first, rows, z.numpy()), (last, z.numpy(), pictures)):
        assert np.allclose(end(given), wanted, atol=1e-6)
        network = end.exported(given)  # a script is written by another exporter
        assert network.input_shape == (None, *given.shape[1:])
        assert np.allclose(network(given), wanted, atol=1e-6)
    first, last = find_ends(load_network(tmp_path, trust_code=True))
    assert np.allclose(first(rows), z.numpy(), atol=1e-6)
    assert np.allclose(1 / (1 + np.exp(-last(z.numpy()))), pictures, atol=1e-6)


def test_a_program_of_export_may_take_one_number_of_rows(net, x, tmp_path):
    program = torch.export.export(net.encoder, (x[:2],))
    torch.export.save(program, tmp_path / "encoder.pt2")
    with pytest.raises(StorageError, match=r"a program of torch\.export, which may run code"):
        load_network(tmp_path / "encoder.pt2")
    end = load_network(tmp_path / "encoder.pt2", trust_code=True)
    assert end.batch == 2
    with torch.no_grad():
        assert np.allclose(end(x.numpy()), net.encode(x).numpy(), atol=1e-6)
    with pytest.raises(InvalidInput, match=r"encoder\.pt2 is one network, where two are needed"):
        find_ends(end)
