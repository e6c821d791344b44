"""What a person gives as an autoencoder, as two networks that take and give arrays.

A torch module, an ONNX pair, functions: whatever it is, an `End` comes of it, which can be called
on arrays and, but for functions, written as ONNX.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from aegen.bundles.imports import load_network
from aegen.bundles.onnx_network import OnnxNetwork, Shape, in_batches
from aegen.core.errors import AegenError, InvalidInput

__all__ = ["End", "FunctionEnd", "end_of", "find_ends", "shape_of"]

Float32 = NDArray[np.float32]

NAMES = {"encoder": ("encode", "encoder"), "decoder": ("decode", "decoder")}
"""Under which names modules have their ends, methods first."""

PARALLEL = {"DataParallel", "DistributedDataParallel"}
"""Modules of torch that wrap another one and hide its methods."""


class End(Protocol):
    """An encoder or a decoder."""

    def __call__(self, x: Float32) -> Float32:
        """What it gives, float32 (n, ...), for rows ``x`` (n, ...)."""

    def exported(self, example: Float32) -> OnnxNetwork | None:
        """It as an ONNX network that takes rows like ``example``; None where that cannot be."""


class FunctionEnd:
    """A person's function of an array, or of a tensor, of rows.

    Example:
        >>> FunctionEnd(lambda x: 2 * x, "encode")(np.ones((1, 3), np.float32)).tolist()
        [[2.0, 2.0, 2.0]]
    """

    def __init__(self, function: Callable[[Any], Any], what: str) -> None:
        self.function, self.what = function, what

    def __call__(self, x: Float32) -> Float32:
        """What the function gives for rows ``x`` (n, ...), float32 (n, ...).

        Raises:
            InvalidInput: it raises, with its own words, or gives no numbers.
        """

        def run(rows: Float32) -> NDArray[Any]:
            from aegen.bundles.torch_export import first_tensor

            try:
                found = first_tensor(self._called(rows))
                return np.asarray(found.detach().cpu() if hasattr(found, "detach") else found)
            except AegenError:
                raise
            except Exception as problem:  # whatever a person's function raises
                said = (str(problem).strip().splitlines() or [""])[0][:300]
                raise InvalidInput(
                    f"{self.what} cannot take rows of shape {tuple(rows.shape[1:])} "
                    f"({type(problem).__name__}: {said})"
                ) from None

        return in_batches(run, x)

    def _called(self, rows: Float32) -> Any:
        """The function of an array; where it wants a tensor, of a tensor."""
        try:
            return self.function(rows.copy())  # it may write into them before it fails
        except (
            TypeError,
            AttributeError,
            RuntimeError,
        ):  # the last where a gradient is in the way
            if "torch" not in sys.modules:
                raise
            import torch

            from aegen.bundles.torch_export import on_the_cpu

            with torch.inference_mode(), on_the_cpu():
                return self.function(torch.from_numpy(rows))

    def exported(self, example: Float32) -> None:
        """No file can hold a function."""


def find_ends(
    network: Any = None,
    *,
    encode: Any = None,
    decode: Any = None,
    encoder: Any = None,
    decoder: Any = None,
) -> tuple[End | None, End | None]:
    """The two ends of an autoencoder.

    Args:
        network: a torch module, a pair of encoder and decoder, or a path for `load_network`.
        encode: a function of rows, or of ``network`` and rows, that gives codes.
        decode: likewise of codes.
        encoder: a file for `load_network`, an ONNX file's bytes, a torch module or a function.
        decoder: likewise.

    Raises:
        InvalidInput: an end is given twice, or is nothing of these, or is not found in a module.
        BundleError: an ONNX file that cannot be run.
        StorageError: a path that holds no network, or one that needs trust.
    """
    if isinstance(network, (str, Path)):
        network = load_network(network)
    if _is_module(network) and type(network).__name__ in PARALLEL:
        network = network.module
    if isinstance(network, OnnxNetwork):
        raise InvalidInput(
            f"{network.path} is one network, where two are needed: give it as encoder= or decoder="
        )
    if isinstance(network, (tuple, list)):
        if len(network) != 2 or encoder is not None or decoder is not None:
            raise InvalidInput("a pair must be an encoder and a decoder, and they are given once")
        (encoder, decoder), network = network, None
    return (
        _end("encoder", network, encode, encoder, needed=decode is None and decoder is None),
        _end("decoder", network, decode, decoder, needed=encode is None and encoder is None),
    )


def shape_of(end: End | None, *, output: bool) -> Shape | None:
    """The shape that an ONNX file states of its input or output; None where nothing is stated."""
    if not isinstance(end, OnnxNetwork):
        return None
    return end.output_shape if output else end.input_shape


def _end(what: str, network: Any, function: Any, given: Any, *, needed: bool) -> End | None:
    verb = NAMES[what][0]
    if function is not None and given is not None:
        raise InvalidInput(f"give {verb}= or {what}=, not both")
    if given is not None:
        return end_of(given, what)
    if function is not None:
        return _function(function, network, verb, what)
    if network is None:
        return None
    return _found(network, what, needed=needed)


def _function(function: Any, network: Any, verb: str, what: str) -> End:
    from aegen.bundles.torch_export import TorchEnd, prepared

    if not callable(function):
        raise InvalidInput(f"{verb} must be a function, got {type(function).__name__}")
    owner = getattr(function, "__self__", None)
    if owner is not None and _is_module(owner):  # net.encode, of the network or another one
        name = function.__name__
        return TorchEnd(prepared(owner), lambda net, x: getattr(net, name)(x), what)
    if _is_module(function):
        return end_of(function, what)
    if network is not None:
        if _is_module(network):
            return TorchEnd(prepared(network), function, what)
        return FunctionEnd(lambda x: function(network, x), verb)
    return FunctionEnd(function, verb)


def end_of(given: Any, what: str) -> End:
    """An end that is given by itself: an .onnx file, its bytes, a torch module or a function.

    Raises:
        InvalidInput: none of these.
        BundleError: an ONNX file that cannot be run.
    """
    if isinstance(given, OnnxNetwork):
        return given
    if isinstance(given, bytes):
        return OnnxNetwork(given, Path(f"{what}.onnx"))
    if isinstance(given, (str, Path)):
        found = load_network(given)
        if isinstance(found, tuple):
            raise InvalidInput(f"{given} holds both ends: give it as the network, not as {what}=")
        return end_of(found, what)
    if _is_module(given):
        from aegen.bundles.torch_export import TorchEnd, prepared

        return TorchEnd(prepared(given), lambda net, x: net(x), what)
    if callable(given):
        return FunctionEnd(given, what)
    raise InvalidInput(
        f"{what} must be an .onnx file, a torch module or a function, got {type(given).__name__}"
    )


def _found(network: Any, what: str, *, needed: bool) -> End | None:
    """The end of a module, by its usual names."""
    name = next((n for n in NAMES[what] if callable(getattr(network, n, None))), None)
    if name is None:
        if not needed:
            return None
        children = [n for n, _ in network.named_children()] if _is_module(network) else []
        has = f"; it has {', '.join(children[:12])}" if children else ""
        raise InvalidInput(
            f"{type(network).__name__} has no {' or '.join(NAMES[what])}{has}: give "
            f"{NAMES[what][0]}=lambda net, {(what[0] == 'e' and 'x') or 'z'}: ..."
        )
    if _is_module(network):
        from aegen.bundles.torch_export import TorchEnd, prepared
        from aegen.bundles.torchscript import as_forward, is_script

        net = prepared(network)
        if is_script(net):
            return TorchEnd(as_forward(net, name), lambda net, x: net(x), what)
        return TorchEnd(net, lambda net, x: getattr(net, name)(x), what)
    return FunctionEnd(getattr(network, name), name)


def _is_module(thing: Any) -> bool:
    """Whether it is a torch module, without loading torch where nobody has."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(thing, torch.nn.Module)
