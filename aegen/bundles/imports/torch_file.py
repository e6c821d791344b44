"""Files that torch writes: weights, pickled modules, TorchScript, exported programs.

All of them may run code as they are read, so each is asked for trust first. This is the one file
of aegen that reads pickles, and weights are read by torch's own restricted reader, which makes
nothing but tensors and plain values, also where they are trusted.
"""

from __future__ import annotations

import contextlib
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from aegen.bundles.imports.trust import require_trust
from aegen.bundles.onnx_network import OnnxNetwork
from aegen.core.errors import AegenError, StorageError

__all__ = [
    "PICKLE",
    "Unread",
    "kind_of",
    "read_exported",
    "read_object",
    "read_script",
    "read_weights",
]

PICKLE = "is a pickle, and those may run code when they are read"

Kind = Literal["pickle", "torchscript", "exported"]


class Unread:
    """Stands where a checkpoint holds an object that is neither a tensor nor a plain value.

    Checkpoints of Lightning keep optimisers, settings and callbacks beside the weights. Their
    classes are not needed, not imported and not called.
    """

    def __new__(cls, *_: Any, **__: Any) -> Unread:
        """An empty one, whatever it is made of."""
        return object.__new__(cls)

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __setstate__(self, _: Any) -> None:
        pass

    def __setitem__(self, _: Any, __: Any) -> None:
        pass

    def append(self, _: Any) -> None:
        """Nothing is kept."""

    def extend(self, _: Any) -> None:
        """Nothing is kept."""


def kind_of(path: Path) -> Kind:
    """What torch wrote, by the names in the archive; nothing of it is run.

    Raises:
        StorageError: it is nothing that torch wrote.
    """
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
            if any(name.endswith("constants.pkl") for name in names):
                return "torchscript"
            if any(name.endswith(("archive_format", "exported_program.json")) for name in names):
                return "exported"
            if any(name.endswith("data.pkl") for name in names):
                return "pickle"
        else:
            with path.open("rb") as file:
                if file.read(1) == b"\x80":  # as each pickle of protocol 2 or above begins
                    return "pickle"
    except (OSError, zipfile.BadZipFile) as problem:
        raise StorageError(path, f"cannot be read ({problem})") from problem
    raise StorageError(path, "is no file that torch wrote: see whether it is whole")


def read_weights(path: Path, *, trust_code: bool) -> Any:
    """What a checkpoint holds: tensors, plain values, and `Unread` in the place of all else.

    Raises:
        StorageError: it is not trusted, or is not whole, or asks for what is never made.
    """
    import torch

    require_trust(path, trust_code, PICKLE)
    try:
        unknown = torch.serialization.get_unsafe_globals_in_checkpoint(path)
    except Exception:  # files from before torch 1.6 are no archives and are not looked into
        unknown = []
    # A class for each, as the reader keeps one name for one class.
    stand_ins: list[Any] = [(type("Unread", (Unread,), {}), name) for name in unknown]
    try:
        with _quiet(), torch.serialization.safe_globals(stand_ins):
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as problem:  # an unpickler raises whatever its bytes make it
        raise StorageError(path, f"holds no weights that can be read ({_said(problem)})") from None


def read_object(path: Path, *, trust_code: bool) -> Any:
    """The object that a file is a pickle of; this runs what the file says.

    Raises:
        StorageError: it is not trusted, its class is not found, or it is not whole.
    """
    import torch

    require_trust(path, trust_code, PICKLE)
    try:
        with _quiet():
            return torch.load(path, map_location="cpu", weights_only=False)
    except (ImportError, AttributeError) as problem:
        raise StorageError(
            path,
            f"is an object whose class is not found here ({_said(problem)}): open it where its "
            'class can be imported, or save net.state_dict() and give module="my_model:Net"',
        ) from problem
    except Exception as problem:  # whatever an object raises as it is made again
        raise StorageError(
            path,
            f"cannot be read by torch ({_said(problem)}): where something else wrote it, open it "
            "yourself and give the object",
        ) from problem


def read_script(path: Path, *, trust_code: bool) -> Any:
    """A TorchScript module.

    Raises:
        StorageError: it is not trusted, or cannot be read.
    """
    import torch

    require_trust(path, trust_code, "is TorchScript, which is code")
    load: Any = torch.jit.load  # without annotations
    try:
        with _quiet():
            return load(str(path), map_location="cpu")
    except Exception as problem:  # RuntimeError mostly, and whatever custom classes raise
        raise StorageError(path, f"cannot be read by torch.jit ({_said(problem)})") from problem


def read_exported(path: Path, *, trust_code: bool) -> OnnxNetwork:
    """A program of torch.export, translated to ONNX, as its batch may be of one fixed size.

    Raises:
        StorageError: it is not trusted, or cannot be read or translated.
    """
    import torch

    from aegen.bundles.torch_export import program_onnx

    require_trust(path, trust_code, "is a program of torch.export, which may run code when read")
    try:
        with _quiet():
            program = torch.export.load(path)
        return OnnxNetwork(program_onnx(program), path)
    except AegenError:
        raise
    except Exception as problem:  # the exporter raises whatever its passes raise
        raise StorageError(
            path, f"cannot be translated to ONNX ({_said(problem)}): export it as ONNX yourself"
        ) from problem


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without what torch says of its own plans for these formats."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _said(problem: Exception) -> str:
    said = [line.strip() for line in str(problem).splitlines() if line.strip()] or [""]
    # Before its reason, the restricted reader advises at length to read without restriction.
    reason = next((line for line in said if "GLOBAL" in line or "blocked" in line), said[0])
    return f"{type(problem).__name__}: {reason[:300]}"
