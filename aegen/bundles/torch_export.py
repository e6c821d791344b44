"""A torch network as an ONNX file: what a person's module does with a tensor, portable."""

from __future__ import annotations

import contextlib
import copy
import io
import logging
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aegen.bundles.onnx_network import BLOCK, OnnxNetwork, in_batches
from aegen.bundles.torchscript import is_script, script_onnx
from aegen.core.errors import AegenError, InvalidInput

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

__all__ = ["TorchEnd", "first_tensor", "on_the_cpu", "prepared", "program_onnx"]

Float32 = NDArray[np.float32]

FIELDS = (
    "latent_dist",
    "latents",
    "latent",
    "embedding",
    "reconstruction",
    "recon_x",
    "sample",
    "mean",
    "loc",
    "z",
    "x",
)
"""Names under which libraries keep what an encoder or a decoder gives, the most telling first:
diffusers, pythae, torch.distributions."""

CLOSE = 1e-3
"""How far an exported network may be from the original, as a share of the output's range."""


def first_tensor(output: Any) -> Any:
    """The tensor that counts of what a module returns.

    A tensor itself; the first of a tuple, where VAEs have the mean; ``latent_dist.mean``,
    ``latents``, ``embedding``, ``sample`` or ``reconstruction`` of records and dicts; the mean of
    a distribution.

    Raises:
        InvalidInput: none of these.

    Example:
        >>> first_tensor((np.zeros(2), np.ones(2))).tolist()
        [0.0, 0.0]
    """
    record = isinstance(output, dict)  # of which some raise for each attribute they lack
    if not record and hasattr(output, "shape") and hasattr(output, "dtype"):
        return output
    if record or hasattr(output, "keys"):
        for name in FIELDS:
            if name in output:
                return first_tensor(output[name])
        values = list(output.values())
        if values:
            return first_tensor(values[0])
    if isinstance(output, (tuple, list)) and output:
        return first_tensor(output[0])
    for name in FIELDS:
        found = getattr(output, name, None)
        if found is not None and not callable(found):
            return first_tensor(found)
    raise InvalidInput(
        f"a network returned a {type(output).__name__}, in which no tensor is found: give "
        "encode=lambda net, x: ... or decode=lambda net, z: ... that returns the tensor"
    )


def prepared(net: nn.Module) -> nn.Module:
    """A copy of a module for use: on the CPU, in single precision, in evaluation mode."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a copy of TorchScript warns of its gradients
            return copy.deepcopy(net).cpu().float().eval()
    except Exception as problem:  # whatever a person's module holds
        raise InvalidInput(
            f"the network cannot be copied ({_line(problem)}): give functions, encode=... and "
            "decode=..."
        ) from problem


class TorchEnd:
    """One end of a person's torch network, called on arrays; `exported` makes a file of it.

    Args:
        net: the module, as `prepared` gives it.
        function: what is done with it and a tensor, such as ``lambda net, x: net.encode(x)``.
        what: "encoder" or "decoder", for messages.
    """

    def __init__(self, net: nn.Module, function: Callable[[Any, Tensor], Any], what: str) -> None:
        self.net, self.function, self.what = net, function, what

    def __call__(self, x: Float32) -> Float32:
        """What it gives, float32 (n, ...), for rows ``x`` (n, ...).

        Raises:
            InvalidInput: the module raises, with its own words.
        """
        import torch

        def run(rows: Float32) -> NDArray[Any]:
            try:
                with torch.inference_mode(), on_the_cpu(), warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    found = first_tensor(self.function(self.net, torch.from_numpy(rows)))
                return np.asarray(found.detach().cpu().float().numpy())
            except AegenError:
                raise
            except Exception as problem:  # whatever a person's module raises
                raise InvalidInput(
                    f"the {self.what} cannot take rows of shape {tuple(rows.shape[1:])} "
                    f"({_line(problem)})"
                ) from None

        return in_batches(run, x)

    def exported(self, example: Float32) -> OnnxNetwork:
        """It as an ONNX network that takes rows like ``example`` (n, ...), n >= 1.

        Batches of any size where the module allows that, else of 16.

        Raises:
            InvalidInput: it cannot be exported, or what was exported gives something else.
        """
        rows = np.resize(example, (BLOCK, *example.shape[1:])).astype(np.float32)
        wanted = self(rows)
        reasons = []
        for open_batch in (True, False):
            try:
                content = self._export(rows, open_batch)
                network = OnnxNetwork(content, Path(f"{self.what}.onnx"))
            except Exception as problem:  # the exporter raises whatever its passes raise
                reasons.append(_line(problem))
                continue
            made = network(rows)
            gap = float(np.abs(made - wanted).max()) if made.shape == wanted.shape else np.inf
            if gap <= CLOSE * max(1e-6, float(np.ptp(wanted))):
                return network
            reasons.append(f"what was exported differs by {gap:.2g}")
        raise InvalidInput(
            f"the {self.what} cannot be written as ONNX ({reasons[-1]}): export it yourself and "
            "give the files, or give functions, encode=... and decode=..., for use in memory"
        )

    def _export(self, rows: Float32, open_batch: bool) -> bytes:
        import torch

        if is_script(self.net):
            with _quiet():
                return _serialised(
                    script_onnx(self.net, torch.from_numpy(rows), open_batch=open_batch)
                )
        function, net = self.function, self.net

        class End(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.net = net

            def forward(self, x: Tensor) -> Any:
                return first_tensor(function(self.net, x))

        shapes: Any = ({0: torch.export.Dim("batch")},) if open_batch else None
        with _quiet(), on_the_cpu():
            program: Any = torch.onnx.export(
                End().eval(),
                (torch.from_numpy(rows),),
                dynamo=True,
                dynamic_shapes=shapes,
                input_names=["x"],
                output_names=["y"],
                external_data=False,
                verbose=False,
            )
        return _serialised(program.model_proto)


def program_onnx(program: torch.export.ExportedProgram) -> bytes:
    """A program of torch.export as the content of an ONNX file, its batch as it was exported.

    Raises:
        Exception: whatever the exporter's passes raise.
    """
    import torch

    with _quiet():
        found: Any = torch.onnx.export(program, dynamo=True, external_data=False, verbose=False)
    return _serialised(found.model_proto)


def _serialised(model: Any) -> bytes:
    """The bytes of an ONNX model, without what only tells where it was made."""
    del model.metadata_props[:], model.graph.metadata_props[:]
    for node in model.graph.node:
        del node.metadata_props[:]  # where each line of the person's code lies
        node.doc_string = ""
    _narrow(model)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _narrow(model: Any) -> None:
    """Keep weights in half precision where that changes none of them, in half the bytes.

    So it is with frozen weights that are plus or minus a constant that half precision has.
    onnxruntime makes them single again when it opens the file.
    """
    from onnx import TensorProto, helper, numpy_helper

    graph = model.graph
    for tensor in [t for t in graph.initializer if t.data_type == TensorProto.FLOAT]:
        weights = numpy_helper.to_array(tensor)
        with np.errstate(over="ignore"):
            half = weights.astype(np.float16)
        if weights.ndim < 2 or not np.array_equal(half, weights):
            continue
        name, stored = tensor.name, f"{tensor.name}.half"
        tensor.CopyFrom(numpy_helper.from_array(half, stored))
        cast = helper.make_node("Cast", [stored], [name], to=TensorProto.FLOAT)
        graph.node.insert(0, cast)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter speaks of its own passes, on all channels."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


@contextlib.contextmanager
def on_the_cpu() -> Iterator[None]:
    """Code that says ``.cuda()`` or ``device="cuda"`` runs where there is no GPU."""
    import torch
    from torch.overrides import TorchFunctionMode

    if torch.cuda.is_available():
        yield
        return

    def here(value: Any) -> Any:
        if isinstance(value, (str, torch.device)) and str(value).startswith("cuda"):
            return torch.device("cpu")
        return value

    class Stay(TorchFunctionMode):
        def __torch_function__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            if func is torch.Tensor.cuda:
                return args[0]
            given = {name: here(value) for name, value in (kwargs or {}).items()}
            return func(*map(here, args), **given)

    with Stay():
        yield


def _line(problem: BaseException) -> str:
    """What an error says, in a line; of one that came of another, what that said."""
    while problem.__cause__ is not None:
        problem = problem.__cause__
    said = str(problem).strip().splitlines() or [""]
    return f"{type(problem).__name__}: {said[0][:300]}"
