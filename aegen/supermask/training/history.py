"""How a training went, in one file beside its ticket: figures, masks of some epochs, last scores.

A safetensors file, read without pickle. Masks are coded as tickets code theirs.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aegen.core.errors import InvalidInput, StorageError
from aegen.core.json_text import parse
from aegen.core.storage import parse_arrays, read_bytes, save_arrays
from aegen.supermask.ticket.mask_codec import LARGEST, decode

__all__ = [
    "BINS",
    "FLIPS",
    "History",
    "budget",
    "coded_masks",
    "mask_arrays",
    "packed_scores",
    "thinned",
    "unpacked_scores",
]

FORMAT = "2"

BINS = 121
"""Of each histogram of scores, from -2 to 2 times the layer's largest first score."""

FLIPS = (
    "keep to drop",
    "invert to drop",
    "drop to keep",
    "drop to invert",
    "keep to invert",
    "invert to keep",
)
"""What a weight can do from one epoch to the next."""

_NUMBERS = ("loss", "accuracy", "test_loss", "remaining", "seconds", "learning_rate", "decay")

MASKS_BUDGET = 400_000
"""Bytes that the masks of all stored epochs may take, beside a tenth of a byte a weight."""

LARGEST_FILE = 1 << 28
"""Bytes that a history may have; `budget` allows a hundredth of it."""

MOST_WEIGHTS = 1 << 30
"""Weights of all stored epochs together."""

FINE, COARSE, MANY = 63, 7, 1_000_000
"""Steps of a stored score below the threshold, in layers of at most and of over many weights."""


@dataclass(frozen=True)
class History:
    """How a training went.

    Attributes:
        layers: shape of each layer's weights by name, in order.
        records: an epoch each: ``epoch``, ``loss`` (mean over the training batches), ``accuracy``
            and ``test_loss`` (on the test rows), ``remaining``, ``seconds``, ``learning_rate``,
            ``decay`` (both at the epoch's end) and ``flips``, a count for each of `FLIPS`.
        counts: int64 (epochs, layers, 3): keep, invert, drop.
        flips: int64 (epochs, layers, 6), in the order of `FLIPS`.
        histograms: int64 (epochs, layers, bins) of the scores, or of the weights of a dense
            training; the outermost bins also hold what lies beyond them.
        edges: float32 (layers, bins + 1).
        thresholds: by layer, after the last epoch.
        about: what was trained and how, plain values.
        coded: masks of some epochs, coded, by epoch and layer.
        last: scores of the last epoch, quantised, see `variable`.

    Example:
        >>> History.read("nowhere.history")
        Traceback (most recent call last):
        aegen.core.errors.StorageError: nowhere.history: there is no such file
    """

    layers: dict[str, tuple[int, ...]]
    records: list[dict[str, Any]]
    counts: NDArray[np.int64]
    flips: NDArray[np.int64]
    histograms: NDArray[np.int64]
    edges: NDArray[np.float32]
    thresholds: dict[str, float]
    about: dict[str, Any]
    coded: dict[int, dict[str, bytes]]
    last: dict[str, tuple[bytes, float]]

    @property
    def epochs(self) -> list[int]:
        """Epochs, from 1, whose masks are kept; the last is among them."""
        return sorted(self.coded)

    def masks(self, epoch: int) -> dict[str, NDArray[np.int8]]:
        """Masks by layer after an epoch: 1 keep, 0 drop, -1 invert.

        Raises:
            InvalidInput: an epoch that is not in `epochs`, or masks that are damaged.
        """
        if epoch not in self.coded:
            raise InvalidInput(
                f"masks of epoch {epoch} are not kept; kept are those of {self.epochs}"
            )
        coded = self.coded[epoch]
        return {name: decode(coded[name], shape) for name, shape in self.layers.items()}

    def variable(self, layer: str) -> NDArray[np.float32]:
        """The scores of a layer after the last epoch, in steps.

        Below the threshold a step is a 63rd of it (a 7th in layers of more than a million
        weights), above it a 64th (a 120th) of the distance to the largest score, and a value is
        its step's middle. On which side of the threshold a score lies is exact, so the mask at the
        trained threshold comes out as it was.

        Raises:
            InvalidInput: no such layer, or a training without masks.
        """
        if layer not in self.last:
            raise InvalidInput(f"no scores of {layer!r} are kept; there are {sorted(self.last)}")
        packed, largest = self.last[layer]
        shape = self.layers[layer]
        return unpacked_scores(packed, shape, self.thresholds[layer], largest)

    def write(self, path: Path | str) -> None:
        """Write to ``path``, whole or not at all; the same history gives the same bytes.

        Raises:
            StorageError: it cannot be written.
        """
        arrays: dict[str, NDArray[Any]] = {
            "counts": self.counts,
            "flips": self.flips,
            "histograms": self.histograms.astype(np.int32),
            "edges": self.edges,
        }
        arrays |= mask_arrays(self.coded)
        for name, (packed, _) in self.last.items():
            arrays[f"scores.{name}"] = np.frombuffer(packed, np.uint8)
        texts = {
            "layers": {name: list(shape) for name, shape in self.layers.items()},
            "records": self.records,
            "thresholds": self.thresholds,
            "largest": {name: largest for name, (_, largest) in self.last.items()},
            "about": self.about,
        }
        metadata = {name: json.dumps(value) for name, value in texts.items()}
        save_arrays(path, arrays, {"history": FORMAT, **metadata})

    @classmethod
    def read(cls, path: Path | str) -> History:
        """The history at ``path``.

        Raises:
            StorageError: missing, truncated, or no history that this aegen can read.
        """
        return cls.from_bytes(read_bytes(path, most=LARGEST_FILE), path)

    @classmethod
    def from_bytes(cls, content: bytes, path: Path | str = "history") -> History:
        """The history in the content of a file; errors name ``path``.

        Raises:
            StorageError: as `read`.
        """
        path = Path(path)
        try:
            arrays, metadata = parse_arrays(content)
        except InvalidInput as problem:
            raise StorageError(path, str(problem)) from None
        if (version := metadata.get("history")) != FORMAT:
            raise StorageError(
                path,
                f"is not a history that this aegen can read (version {version} of the format, "
                f"not {FORMAT}): get it anew with its ticket, or train again",
            )
        try:
            texts = {
                name: parse(metadata[name])
                for name in ("layers", "records", "thresholds", "largest", "about")
            }
            layers = {name: _shape(shape) for name, shape in texts["layers"].items()}
            last = {
                key.removeprefix("scores."): array.tobytes()
                for key, array in arrays.items()
                if key.startswith("scores.")
            }
            found = cls(
                layers,
                texts["records"],
                _counts(arrays["counts"]),
                _counts(arrays["flips"]),
                _counts(arrays["histograms"]),
                arrays["edges"],
                {name: _size(value) for name, value in texts["thresholds"].items()},
                texts["about"],
                coded_masks(arrays),
                {name: (packed, _size(texts["largest"][name])) for name, packed in last.items()},
            )
            found._check()
        except (KeyError, ValueError, TypeError, AttributeError) as problem:
            raise StorageError(path, f"is a damaged history (at {problem})") from problem
        return found

    def _check(self) -> None:
        if not isinstance(self.about, dict) or not isinstance(self.records, list):
            raise ValueError("about or records: of another kind")
        if not all(map(_is_record, self.records)):
            raise ValueError("records: not all are records")
        weights = sum(map(math.prod, self.layers.values()))
        if not self.layers or weights > LARGEST or weights * len(self.coded) > MOST_WEIGHTS:
            raise ValueError(f"layers: {weights:,} weights after {len(self.coded):,} epochs")
        if self.edges.dtype != np.float32 or not np.isfinite(self.edges).all():
            raise ValueError("edges: no finite float32")
        if not set(self.coded) <= {record["epoch"] for record in self.records}:
            raise ValueError("masks: of epochs without a record")
        epochs, layers = len(self.records), len(self.layers)
        wanted = {
            "counts": (epochs, layers, 3),
            "flips": (epochs, layers, len(FLIPS)),
            "histograms": (epochs, layers, BINS),
            "edges": (layers, BINS + 1),
        }
        for name, shape in wanted.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name}: {getattr(self, name).shape}, not {shape}")
        if any(set(coded) != set(self.layers) for coded in self.coded.values()):
            raise ValueError("masks: of other layers")
        if not set(self.last) <= set(self.layers) or set(self.thresholds) != set(self.layers):
            raise ValueError("scores: of other layers")


def mask_arrays(coded: Mapping[int, Mapping[str, bytes]]) -> dict[str, NDArray[Any]]:
    """Coded masks by epoch and layer as arrays of a file."""
    return {
        f"mask.{epoch}.{name}": np.frombuffer(code, np.uint8)
        for epoch, layers in coded.items()
        for name, code in layers.items()
    }


def coded_masks(arrays: Mapping[str, NDArray[Any]]) -> dict[int, dict[str, bytes]]:
    """Coded masks by epoch and layer from the arrays of a file."""
    found: dict[int, dict[str, bytes]] = {}
    for key, array in arrays.items():
        kind, _, rest = key.partition(".")
        if kind == "mask":
            epoch, _, name = rest.partition(".")
            found.setdefault(int(epoch), {})[name] = array.tobytes()
    return found


def _is_record(record: Any) -> bool:
    """Whether it says what each epoch's record does, loss and all, in numbers."""
    if not isinstance(record, dict) or type(record.get("epoch")) is not int:
        return False
    flips = record.get("flips")
    values = [record.get(name) for name in _NUMBERS]
    return isinstance(flips, dict) and all(
        type(value) in (int, float) for value in [*values, *flips.values()]
    )


def _counts(array: NDArray[Any]) -> NDArray[np.int64]:
    """Counts, if they are some."""
    whole = array.dtype.kind in "iu"
    if not whole or (array.size and not 0 <= array.min() <= array.max() < 2**53):
        raise ValueError("counts, flips or histograms: no counts")
    return array.astype(np.int64)


def _shape(sides: Any) -> tuple[int, ...]:
    """A layer's, if it is one."""
    whole = isinstance(sides, list) and all(type(side) is int and side > 0 for side in sides)
    if not whole or not sides or math.prod(sides) > LARGEST:
        raise ValueError(f"layers: no shape is {sides!s:.40}")
    return tuple(sides)


def _size(value: Any) -> float:
    """A threshold, or the size of a score."""
    if type(value) not in (int, float) or not -1 <= value < 1e30:
        raise ValueError(f"thresholds or largest: {value!s:.40}")
    return float(value)


def packed_scores(scores: NDArray[np.float32], threshold: float) -> tuple[bytes, float]:
    """Scores as compressed bytes, one a score, and the largest score's size."""
    below, above = _steps(scores.size)
    size = np.abs(scores).ravel().astype(np.float64)
    largest = float(size.max(initial=0.0))
    over = size > threshold
    lower = size / threshold * below if threshold > 0 else np.zeros_like(size)
    upper = (size - threshold) / max(largest - threshold, 1e-30) * above
    level = np.where(over, below + np.minimum(upper, above - 1), np.minimum(lower, below - 1))
    signed = np.copysign(np.floor(level), scores.ravel()).astype(np.int8)
    return zlib.compress(signed.tobytes(), 9), largest


def unpacked_scores(
    packed: bytes, shape: Sequence[int], threshold: float, largest: float
) -> NDArray[np.float32]:
    """Scores from what `packed_scores` made of them, each in the middle of its step.

    Raises:
        InvalidInput: bytes that are not as many scores.

    Example:
        >>> packed, largest = packed_scores(np.array([0.5, -0.002], np.float32), 0.01)
        >>> [round(float(m), 3) for m in unpacked_scores(packed, (2,), 0.01, largest)]
        [0.496, -0.002]
    """
    n = math.prod(shape)
    reader = zlib.decompressobj()
    try:
        raw = reader.decompress(packed, n + 1)
    except zlib.error as problem:
        raise InvalidInput(f"the scores are damaged ({problem})") from problem
    if len(raw) != n:
        raise InvalidInput(f"the scores are damaged: {n} are wanted, {len(raw)} or more found")
    signed = np.frombuffer(raw, np.int8)
    below, above = _steps(n)
    levels = np.arange(128)
    values = np.where(
        levels < below,
        np.where(levels == 0, 0.0, (levels + 0.5) / below * threshold),
        threshold + (levels - below + 0.5) / above * (largest - threshold),
    )
    single = values.astype(np.float32)
    # The first step above a threshold may be so small that float32 rounds it back onto it.
    single[below:] = np.maximum(
        single[below:], np.nextafter(np.float32(threshold), np.float32(math.inf))
    )
    found = single[np.abs(signed.astype(np.int16))]
    return np.copysign(found, signed).astype(np.float32).reshape(tuple(shape))


def _steps(n: int) -> tuple[int, int]:
    """Steps below the threshold and above it, of a layer of ``n`` weights."""
    below = FINE if n < MANY else COARSE
    return below, 127 - below


def budget(weights: int) -> int:
    """Bytes that the masks of all kept epochs of a network may take.

    Example:
        >>> budget(1_000_000)
        500000
    """
    return MASKS_BUDGET + weights // 10


def thinned(coded: Mapping[int, dict[str, bytes]], budget: int) -> dict[int, dict[str, bytes]]:
    """Masks of as many epochs as fit the budget, the last among them, spread over the training.

    As long as they are too many the epoch goes that takes the most bytes for the gap it leaves.
    """
    kept = dict(sorted(coded.items()))
    sizes = {epoch: sum(map(len, layers.values())) for epoch, layers in kept.items()}
    while len(kept) > 1 and sum(sizes[epoch] for epoch in kept) > budget:
        epochs = list(kept)
        gaps = {b: c - a for a, b, c in zip([0, *epochs], epochs, epochs[1:], strict=False)}
        del kept[max(gaps, key=lambda epoch: sizes[epoch] / gaps[epoch])]
    return kept
