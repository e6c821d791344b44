"""A training on disk, in one safetensors file: weights, optimiser, what it is, how it went."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from aegen.core.arrays import array_of
from aegen.core.errors import StorageError, TrainingError
from aegen.core.json_text import parse
from aegen.core.storage import load_arrays, make_folder, save_arrays

__all__ = [
    "SOURCE",
    "Checkpoint",
    "load_weights",
    "read_checkpoint",
    "weights_of",
    "write_checkpoint",
]

FORMAT = "1"

SOURCE = "source"
"""What says where the images lie, by which a training is continued where they were moved."""


@dataclass(frozen=True)
class Checkpoint:
    """A training after a whole epoch.

    Attributes:
        weights: the network's state, by name.
        moments: the optimiser's state, by name.
        about: what is trained and how, plain values.
        history: figures of each epoch so far.
        best: weights of the best epoch, while a training that keeps them goes on.
    """

    weights: dict[str, np.ndarray]
    moments: dict[str, np.ndarray]
    about: dict[str, Any]
    history: list[dict[str, float]]
    best: dict[str, np.ndarray] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        network: nn.Module,
        optimiser: torch.optim.Optimizer,
        about: dict[str, Any],
        history: list[dict[str, float]],
        best: dict[str, np.ndarray] | None = None,
    ) -> Checkpoint:
        """The state of ``network`` and ``optimiser`` as arrays."""
        weights = weights_of(network)
        state = optimiser.state_dict()["state"]
        moments = {
            f"{k}.{name}": array_of(torch.as_tensor(value))
            for k, values in state.items()
            for name, value in values.items()
        }
        return cls(weights, moments, about, list(history), dict(best or {}))

    def require_same(self, about: dict[str, Any], path: Path) -> None:
        """Refuse to go on with a training of another kind.

        Raises:
            TrainingError: names what differs.
        """
        about = json.loads(json.dumps(about))
        differ = sorted(
            key
            for key in {*about, *self.about} - {SOURCE}
            if about.get(key) != self.about.get(key)
        )
        if differ:
            was = ", ".join(f"{key} {self.about.get(key)}" for key in differ)
            now = ", ".join(f"{key} {about.get(key)}" for key in differ)
            raise TrainingError(
                f"{path} was begun with {was}, not with {now}: give another --out, or delete it"
            )

    def restore(self, network: nn.Module, optimiser: torch.optim.Optimizer) -> None:
        """Put the weights and the optimiser's state back."""
        load_weights(network, self.weights)
        state: dict[int, dict[str, Any]] = {}
        for key, value in self.moments.items():
            number, _, name = key.partition(".")
            state.setdefault(int(number), {})[name] = torch.from_numpy(value.copy())
        # Adam's fused kernel pairs weights and moments by their place in memory, so the moments
        # must lie as their weights do (channels last), not as the file has them.
        for k, parameter in enumerate(network.parameters()):
            moments = state.get(k, {})
            for name, tensor in moments.items():
                if tensor.shape == parameter.shape:
                    moments[name] = torch.empty_like(parameter).detach().copy_(tensor)
        optimiser.load_state_dict({**optimiser.state_dict(), "state": state})


def weights_of(network: nn.Module) -> dict[str, np.ndarray]:
    """A network's state by name, as arrays that lie as a file has them."""
    return {name: array_of(tensor) for name, tensor in network.state_dict().items()}


def load_weights(network: nn.Module, weights: dict[str, np.ndarray]) -> None:
    """Put ``weights`` into ``network``, where torch would let a batch norm's count be absent.

    Raises:
        RuntimeError: names or shapes are not those of the network.
    """
    if missing := sorted(network.state_dict().keys() - weights.keys()):
        raise RuntimeError(f"it lacks {', '.join(missing[:3])}")
    network.load_state_dict({n: torch.from_numpy(a.copy()) for n, a in weights.items()})


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write ``checkpoint`` to ``path``, whole or not at all.

    Raises:
        StorageError: it cannot be written.
    """
    make_folder(path.parent)
    arrays = {f"weights.{n}": a for n, a in checkpoint.weights.items()}
    arrays |= {f"moments.{n}": a for n, a in checkpoint.moments.items()}
    arrays |= {f"best.{n}": a for n, a in checkpoint.best.items()}
    metadata = {
        "checkpoint": FORMAT,
        "about": json.dumps(checkpoint.about),
        "history": json.dumps(checkpoint.history),
    }
    save_arrays(path, arrays, metadata)


def read_checkpoint(path: Path) -> Checkpoint:
    """The checkpoint that `write_checkpoint` put at ``path``.

    Raises:
        StorageError: missing, truncated, or no checkpoint of this format.
    """
    arrays, metadata = load_arrays(path)
    if metadata.get("checkpoint") != FORMAT:
        raise StorageError(path, "is not a checkpoint that this aegen can read")
    parts: dict[str, dict[str, np.ndarray]] = {"weights": {}, "moments": {}, "best": {}}
    try:
        for key, array in arrays.items():
            part, _, name = key.partition(".")
            parts[part][name] = array
        about, history = parse(metadata["about"]), parse(metadata["history"])
    except (KeyError, ValueError) as problem:
        raise StorageError(path, f"is a damaged checkpoint (at {problem})") from problem
    return Checkpoint(about=about, history=history, **parts)
