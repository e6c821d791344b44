"""What a path holds, recognised by its names, and the network in it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aegen.bundles.imports.diffusers_folder import diffusers_config, diffusers_network
from aegen.bundles.imports.keras_file import keras_network
from aegen.bundles.imports.person_code import accepted, build, import_object
from aegen.bundles.imports.pythae_folder import CONFIG as PYTHAE
from aegen.bundles.imports.pythae_folder import pythae_network
from aegen.bundles.imports.state_dict import (
    NAMES,
    fill,
    safetensors_weights,
    settings,
    weights,
)
from aegen.bundles.imports.torch_file import (
    PICKLE,
    Unread,
    kind_of,
    read_exported,
    read_object,
    read_script,
    read_weights,
)
from aegen.bundles.imports.trust import require_trust
from aegen.bundles.onnx_network import OnnxNetwork
from aegen.core.errors import InvalidInput, StorageError
from aegen.core.storage import is_file, read_bytes

__all__ = ["load_network"]

TORCH = (".pt", ".pth", ".ckpt", ".bin", ".tar", ".ts", ".jit", ".torchscript", ".pt2", ".pkl")
ENDS = (".onnx", ".keras", ".pt2", ".pt", ".pth", ".ts", ".jit", ".torchscript")
"""Kinds of file that hold an end by itself, the safest first."""

NO_CLASS = (
    'holds weights and no network: say which class they are of, as module="my_model:Net", '
    "trust_code=True (in a command --module my_model:Net --trust-code)"
)


def load_network(
    path: Path | str | None = None,
    *,
    module: str | None = None,
    arguments: Mapping[str, Any] | None = None,
    key: str | None = None,
    trust_code: bool = False,
) -> Any:
    """A network from what another library wrote, as `create` takes it.

    Read without trust are ONNX files, Keras 3 files (`pip install 'aegen[keras]'`) and diffusers
    folders with safetensors (`pip install 'aegen[diffusers]'`), none of which runs code. Trust
    is needed by all else: importing a person's class, and files that torch writes, which are
    pickles or code: checkpoints of Lightning, state_dicts, pickled modules, TorchScript,
    torch.export's .pt2, folders of pythae. Of checkpoints only tensors and plain values are
    read, also then.

    Args:
        path: a file or a folder; a folder may hold an encoder and a decoder as two files of one
            kind, such as encoder.keras and decoder.keras. None where ``module`` has its weights.
        module: the class of weights, ``my_model:Net`` or ``nets/my_model.py:Net``, or a function
            that builds the network; of a Keras file the module of its own layers.
        arguments: what its constructor takes; else what a Lightning checkpoint says of it.
        key: where in a checkpoint the weights are, such as ``"ema"``; by default under
            ``state_dict``, ``model`` or the like, ``ema`` last, or at the top.
        trust_code: whether the file and the module may run code.

    Returns:
        a torch module, an ONNX network, or a pair of ends.

    Raises:
        StorageError: a file that is not trusted, not whole, of no known kind, or does not fit.
        InvalidInput: a module that cannot be imported or built.

    Example:
        >>> import aegen
        >>> net = aegen.bundles.load_network(
        ...     "net.ckpt", module="my_model:Net", arguments={"width": 64}, trust_code=True
        ... )  # doctest: +SKIP
        >>> bundle = aegen.bundles.create("mine", net, "photos/")  # doctest: +SKIP
    """
    if path is None:
        if module is None:
            raise InvalidInput("give the path of a network, or module= that builds one")
        return build(import_object(module, trust_code=trust_code), arguments, module)
    path = Path(path)
    if os.path.isdir(path):
        _no_class(path, module, arguments, key)
        return _folder(path, trust_code)
    _require_whole(path)
    suffix = path.suffix.lower()
    if suffix == ".keras":
        _no_class(path, None, arguments, key)
        return keras_network(path, module=module, trust_code=trust_code)
    if suffix == ".onnx":
        _no_class(path, module, arguments, key)
        return OnnxNetwork(read_bytes(path), path)
    if suffix not in (".safetensors", *TORCH):
        raise StorageError(path, _unknown(suffix))
    kind = "weights" if suffix == ".safetensors" else kind_of(path)
    if kind in ("torchscript", "exported"):
        _no_class(path, module, arguments, key)
        read = read_script if kind == "torchscript" else read_exported
        return read(path, trust_code=trust_code)
    if module is not None:
        return _filled(path, module, arguments, key, trust_code)
    if kind == "pickle":
        return _object(path, trust_code)
    raise StorageError(path, NO_CLASS)


def _unknown(suffix: str) -> str:
    """Why a file is not read, and what to make of it."""
    if suffix in (".h5", ".hdf5"):
        return "is a file of Keras 2: open it by keras and save it as .keras"
    if suffix in (".tflite", ".pb"):
        return "is a file of TensorFlow: export the model as ONNX, for example by tf2onnx"
    if suffix in (".pickle", ".joblib"):
        return "is a pickle that torch did not write: open it yourself and give the object"
    return (
        f"is of no kind that is read: .onnx, .keras, .safetensors, {', '.join(TORCH)}, or a "
        "folder of diffusers or pythae"
    )


def _require_whole(path: Path) -> None:
    """Refuse a file that is missing, empty, or a pointer to itself."""
    if not is_file(path):
        raise StorageError(path, "there is no such file or folder")
    with path.open("rb") as file:
        start = file.read(48)
    if not start:
        raise StorageError(path, "is empty")
    if start.startswith(b"version https://git-lfs"):
        raise StorageError(path, "only points to a file in Git LFS: fetch that (git lfs pull)")


def _no_class(path: Path, *given: Any) -> None:
    if any(given):
        raise InvalidInput(
            f"{path} says itself how its network is built: leave module=, arguments= and key= out"
        )


def _folder(folder: Path, trust_code: bool) -> Any:
    for suffix in ENDS:
        pair = folder / f"encoder{suffix}", folder / f"decoder{suffix}"
        if all(is_file(file) for file in pair):
            return tuple(load_network(file, trust_code=trust_code) for file in pair)
    place = diffusers_config(folder)
    if place is not None:
        return diffusers_network(place)
    if is_file(folder / PYTHAE):
        return pythae_network(folder, trust_code=trust_code)
    if is_file(folder / "saved_model.pb"):
        raise StorageError(
            folder, "is a SavedModel of TensorFlow: save the model as .keras, or export ONNX"
        )
    raise StorageError(
        folder,
        "holds no network that is recognised: encoder.onnx and decoder.onnx (or .keras, .pt, "
        f".pt2), config.json of diffusers, or {PYTHAE} of pythae",
    )


def _object(path: Path, trust_code: bool) -> Any:
    """The module that a file is a pickle of; weights alone are refused with what they need."""
    require_trust(path, trust_code, PICKLE)
    try:
        loaded = read_weights(path, trust_code=trust_code)
    except StorageError:  # more than weights
        loaded = Unread()
    if isinstance(loaded, Unread):
        return read_object(path, trust_code=trust_code)
    whole = [n for n in NAMES if isinstance(loaded, Mapping) and isinstance(loaded.get(n), Unread)]
    if whole:  # torch.save({"model": net, ...})
        return read_object(path, trust_code=trust_code)[whole[0]]
    raise StorageError(path, NO_CLASS)


def _filled(
    path: Path,
    module: str,
    arguments: Mapping[str, Any] | None,
    key: str | None,
    trust_code: bool,
) -> Any:
    """A network that a person's class builds, with the weights of a file."""
    import torch

    kind = import_object(module, trust_code=trust_code)
    if path.suffix.lower() == ".safetensors":
        loaded: Any = safetensors_weights(path)
    else:
        loaded = read_weights(path, trust_code=trust_code)
    if arguments is None:
        arguments = accepted(kind, settings(loaded))
    named = weights(loaded, path, key)
    net = build(kind, arguments, module)
    if not isinstance(net, torch.nn.Module):
        raise InvalidInput(
            f"{module} gives a {type(net).__name__}, where a torch module is needed"
        )
    fill(net, named, path)
    return net.eval()
