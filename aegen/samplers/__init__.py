"""Latent models, one file each; `samplers` finds them, `load` reads a saved one.

To add one, add a file: a class derived from `Sampler` with ``title``, ``summary``, ``_fit`` and
``_sample``. The pages, the command line, the benchmark and the contract tests find it themselves.
"""

from __future__ import annotations

import json
from pathlib import Path

from aegen.core.errors import AegenError, StorageError
from aegen.core.family import Family
from aegen.core.storage import load_arrays
from aegen.samplers.base import (
    FORMAT,
    ConditionalSampler,
    DensitySampler,
    NotFitted,
    RowSampler,
    Sampler,
    fingerprint,
)

__all__ = [
    "ConditionalSampler",
    "DensitySampler",
    "NotFitted",
    "RowSampler",
    "Sampler",
    "load",
    "samplers",
]

samplers: Family[Sampler] = Family("aegen.samplers", "aegen.samplers.base:Sampler", "latent model")
"""All latent models by name: ``samplers.names()``, ``samplers.create("kde", bandwidth=0.2)``."""


def load(path: Path | str) -> Sampler:
    """A fitted latent model from a file that `Sampler.save` wrote.

    Raises:
        StorageError: missing, truncated, altered, of another format, or not a latent model.

    Example:
        >>> import tempfile, pathlib
        >>> model = samplers.create("gaussian").fit([[0.0], [1.0], [2.0]])
        >>> file = pathlib.Path(tempfile.mkdtemp()) / "model.safetensors"
        >>> model.save(file)
        >>> load(file).sample(2, rng=0).shape
        (2, 1)
    """
    path = Path(path)
    state, metadata = load_arrays(path)
    if not {"aegen", "sampler"} <= set(metadata):
        raise StorageError(path, "is not a saved latent model: write one with save(path)")
    if metadata["aegen"] != FORMAT:
        raise StorageError(
            path,
            f"was written in format {metadata['aegen']}, this aegen reads {FORMAT}: update aegen",
        )
    fields = metadata.get("fields", "")
    if metadata.get("sha256") != fingerprint(state, metadata["sampler"], fields):
        raise StorageError(path, "was altered after it was written: save the model again")
    try:
        model = samplers.create(metadata["sampler"], **json.loads(fields))
    except (AegenError, KeyError, TypeError, ValueError) as problem:
        raise StorageError(path, f"does not describe a latent model ({problem})") from problem
    model._restore(state, path)
    return model
