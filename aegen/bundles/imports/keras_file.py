"""Keras 3 models: .keras files, opened by keras on torch, so that they are torch modules."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

from aegen.bundles.imports.optional_library import optional_library
from aegen.bundles.imports.person_code import import_module
from aegen.core.errors import StorageError

__all__ = ["keras_network"]

ENDS = ("encoder", "decoder")


def keras_network(path: Path, *, module: str | None = None, trust_code: bool = False) -> Any:
    """A model; or its layers named encoder and decoder as a pair, where it has these.

    Read in keras' safe mode, which makes no functions of bytes in a file; where it is trusted,
    Lambda layers are read too.

    Args:
        path: a .keras file.
        module: where the classes are of layers that are a person's own, such as "my_layers".
        trust_code: whether the file and the module may run code.

    Raises:
        StorageError: keras is not installed, or was loaded with another backend, or cannot read
            it; or the module is not trusted.
        InvalidInput: the module cannot be imported.
    """
    keras = _keras(path)
    if keras.backend.backend() != "torch":
        raise StorageError(
            path,
            f"is read by keras on torch, and here keras runs on {keras.backend.backend()}: set "
            "KERAS_BACKEND=torch before keras is imported",
        )
    classes = {}
    if module is not None:
        found = import_module(module.partition(":")[0], trust_code=trust_code)
        classes = {name: thing for name, thing in vars(found).items() if isinstance(thing, type)}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = keras.saving.load_model(
                path, custom_objects=classes, compile=False, safe_mode=not trust_code
            )
    except Exception as problem:  # keras raises TypeError, ValueError and what layers raise
        raise StorageError(path, f"cannot be read by keras ({_said(problem)})") from problem
    layers = {layer.name.lower(): layer for layer in getattr(model, "layers", ())}
    if all(name in layers for name in ENDS):
        return layers["encoder"], layers["decoder"]
    return model


def _keras(path: Path) -> Any:
    """The library, on torch where nobody has loaded it before; it reads the variable once."""
    before = os.environ.get("KERAS_BACKEND")
    os.environ["KERAS_BACKEND"] = "torch"
    try:
        return optional_library("keras", path)
    finally:
        if before is None:
            del os.environ["KERAS_BACKEND"]
        else:
            os.environ["KERAS_BACKEND"] = before


def _said(problem: Exception) -> str:
    """What keras says, with what to do where it speaks of its own arguments."""
    said = str(problem).strip()
    if "safe_mode" in said or "Lambda" in said or "lambda" in said:
        return "it holds a Lambda layer, which is code: if you trust it, say trust_code=True"
    if "custom_objects" in said or "register_keras_serializable" in said:
        line = said.splitlines()[0].rstrip(".")
        return f'{line[:200]}: say where the class is, as module="my_layers", trust_code=True'
    return f"{type(problem).__name__}: {(said.splitlines() or [''])[0][:300]}"
