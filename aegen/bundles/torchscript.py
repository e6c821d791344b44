"""TorchScript modules: one method as a module by itself, and that as an ONNX file.

torch.export takes no TorchScript, so the older exporter does, which knows modules by their
``forward`` only.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
# TorchScript reads annotations, and infers what a method returns where there are none.

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["as_forward", "is_script", "script_onnx"]


def is_script(net: nn.Module) -> bool:
    """Whether a module is TorchScript."""
    import torch

    return isinstance(net, torch.jit.ScriptModule)


def as_forward(script: Any, name: str) -> Any:
    """The module whose ``forward`` is what ``name`` is of a script: a method or a part.

    Args:
        script: a TorchScript module.
        name: "encode", "encoder", "decode" or "decoder".
    """
    import torch

    class Encode(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = script

        def forward(self, x):
            return self.net.encode(x)

    class Decode(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = script

        def forward(self, x):
            return self.net.decode(x)

    if name in dict(script.named_children()):
        return getattr(script, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.jit.script({"encode": Encode, "decode": Decode}[name]())


def script_onnx(script: Any, rows: Tensor, *, open_batch: bool) -> Any:
    """The ONNX model of a script that takes ``rows`` (n, ...).

    Raises:
        Exception: whatever the exporter's passes raise.
    """
    import onnx
    import torch

    file: Any = io.BytesIO()
    torch.onnx.export(
        script,
        (rows,),
        file,
        dynamo=False,
        input_names=["x"],
        output_names=["y"],
        dynamic_axes={"x": {0: "batch"}, "y": {0: "batch"}} if open_batch else None,
    )
    return onnx.load_from_string(file.getvalue())
