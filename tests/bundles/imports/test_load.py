"""What a path holds is told by its names, and refused in one sentence where it is nothing."""

import json

import numpy as np
import pytest
from onnx import TensorProto, helper

from aegen.bundles import load_network
from aegen.bundles.ends import find_ends
from aegen.bundles.plan import plan
from aegen.core.errors import BundleError, InvalidInput, StorageError


def onnx_file(path, operator="Identity"):
    """A network that gives back rows (n, 4) as they are, or something of them."""
    graph = helper.make_graph(
        [helper.make_node(operator, ["x"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 4])],
    )
    opset = [helper.make_opsetid("", 17)]
    path.write_bytes(
        helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()
    )


def test_a_folder_of_two_networks(tmp_path):
    onnx_file(tmp_path / "encoder.onnx", "Neg")
    onnx_file(tmp_path / "decoder.onnx")
    x = np.random.default_rng(0).random((40, 4)).astype(np.float32)
    for first, last in (
        find_ends(tmp_path),
        find_ends(load_network(tmp_path)),
        find_ends(encoder=tmp_path / "encoder.onnx", decoder=str(tmp_path / "decoder.onnx")),
    ):
        assert (first(x).tolist(), last(x).tolist()) == ((-x).tolist(), x.tolist())
    found = plan(str(tmp_path), x)
    assert found.codec.encoder.path.name == "encoder.onnx"
    with pytest.raises(InvalidInput, match=r"encoder\.onnx is one network, where two are needed"):
        find_ends(tmp_path / "encoder.onnx")
    with pytest.raises(InvalidInput, match="holds both ends: give it as the network"):
        find_ends(encoder=tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("net.h5", b"\x89HDF", "is a file of Keras 2: open it by keras and save it as .keras"),
        ("net.tflite", b"1", "is a file of TensorFlow"),
        ("net.joblib", b"1", "open it yourself and give the object"),
        ("net.txt", b"1", r"is of no kind that is read: \.onnx, \.keras"),
        ("net.pt", b"", "is empty"),
        ("net.pt", b"version https://git-lfs.github.com/spec/v1\n", "points to a file in Git LFS"),
        ("net.onnx", b"not onnx", "is no ONNX file"),
        ("folder/a.txt", b"1", "holds no network that is recognised: encoder.onnx and"),
        ("folder/saved_model.pb", b"1", "is a SavedModel of TensorFlow"),
        ("folder/config.json", b"{", "is not whole JSON"),
        ("folder/model_config.json", b"{", "is not whole JSON"),
    ],
)
def test_what_is_no_network(name, content, said, tmp_path):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    with pytest.raises((StorageError, BundleError), match=said) as caught:
        load_network(path.parent if "folder" in name else path, trust_code=True)
    assert "\n" not in str(caught.value)


def test_what_is_missing_or_too_much(tmp_path):
    with pytest.raises(StorageError, match="there is no such file or folder"):
        load_network(tmp_path / "net.pt")
    with pytest.raises(InvalidInput, match="give the path of a network, or module="):
        load_network()
    onnx_file(tmp_path / "encoder.onnx")
    for more in ({"module": "a:B"}, {"arguments": {"a": 1}}, {"key": "ema"}):
        for path in (tmp_path, tmp_path / "encoder.onnx"):
            with pytest.raises(InvalidInput, match="leave module=, arguments= and key= out"):
                load_network(path, **more)


def test_a_library_that_is_not_installed_is_named(tmp_path, monkeypatch):
    import importlib

    def absent(name):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(importlib, "import_module", absent)
    (tmp_path / "config.json").write_text(json.dumps({"_class_name": "AutoencoderKL"}))
    (tmp_path / "diffusion_pytorch_model.safetensors").touch()
    with pytest.raises(StorageError, match=r"not installed: pip install 'aegen\[diffusers\]'"):
        load_network(tmp_path)
    (tmp_path / "net.keras").write_bytes(b"PK")
    with pytest.raises(StorageError, match=r"not installed: pip install 'aegen\[keras\]'"):
        load_network(tmp_path / "net.keras")
