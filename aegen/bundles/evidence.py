"""Which convention a network was trained with, told from how well it gives pictures back.

Nothing in a file says whether pixels should come in [0, 1] or [-1, 1]. A few rows go through the
autoencoder under each convention; the right one reconstructs them best, mostly by far.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from aegen.bundles.codec import Runner
from aegen.bundles.convention import IMAGENET, Convention, Layout, layouts_of
from aegen.core.errors import AegenError, InvalidInput
from aegen.core.progress import report

__all__ = [
    "ROWS",
    "Statistics",
    "Trial",
    "best_trial",
    "candidates",
    "statistics",
    "table",
    "trials",
]

ROWS = 16
"""Pictures that each convention is tried on."""

ALIKE = 1.02
"""Errors within this ratio of the least tell nothing: the plainest convention is taken then."""

Float32 = NDArray[np.float32]
Shape = tuple[int | None, ...]
Statistics = tuple[tuple[float, ...], tuple[float, ...]]


@dataclass(frozen=True)
class Trial:
    """A convention at each end, and how well rows came back.

    Attributes:
        taken: how pixels entered the encoder.
        given: how they were read at the decoder.
        error: mean squared error a pixel of [0, 1]; infinite where it could not be tried.
        problem: why it could not, or "".
        decoded: what the decoder gave for these rows, as it gave it.
    """

    taken: Convention
    given: Convention
    error: float
    problem: str = ""
    decoded: Float32 | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        said = f"{self.error:.5f}" if np.isfinite(self.error) else self.problem
        return f"{self.taken!s:<43}{self.given!s:<43}{said}"

    def pictures(self, shape: tuple[int, int, int]) -> Float32:
        """What came back under this convention: pictures (n, *shape) in [0, 1]."""
        assert self.decoded is not None
        return np.clip(self.given.undo(self.decoded, shape), 0, 1)


def trials(
    encode: Runner,
    decode: Runner,
    x: Float32,
    *,
    own: Statistics | None = None,
    taken: Convention | None = None,
    given: Convention | None = None,
    takes: Shape | None = None,
    gives: Shape | None = None,
) -> list[Trial]:
    """Every convention at either end on pictures ``x`` (n, h, w, c) in [0, 1], best first.

    Args:
        encode: gives codes of pictures as the encoder takes them.
        decode: gives pictures of codes.
        x: at least 2 different pictures; 16 tell enough.
        own: mean and deviation of each channel of the data; by default those of ``x``.
        taken: the convention at the encoder, where it is known and not to be tried.
        given: likewise at the decoder.
        takes: the shape that the encoder's file states of its input; None where it states none.
        gives: likewise of the decoder's output.

    Raises:
        InvalidInput: under no convention does a picture come back; each reason once.
    """
    _, h, w, c = x.shape
    own = statistics(x) if own is None else own

    refused: list[str] = []  # why pictures did not go in, in any layout
    later: list[str] = []  # why those that went in did not come back

    def tried(first: Convention) -> list[Trial]:
        """The convention ``first`` at the encoder, with each at the decoder."""
        reasons = refused
        try:
            z = encode(first.apply(x))
            reasons = later
            if not np.isfinite(z).all():
                raise InvalidInput(
                    "the encoder gives codes that are NaN or infinite: see whether it is trained"
                )
            decoded = decode(z)
            if not np.isfinite(decoded).all():
                raise InvalidInput("what comes back is not finite")
            layouts = layouts_of(gives or (None, *decoded.shape[1:]), (h, w, c))
            ends = [given] if given else candidates(own, layouts, decoder=True)
            if not ends:
                raise InvalidInput(
                    f"the decoder gives {decoded.shape[1:]} for a picture ({h}, {w}, {c})"
                )
        except AegenError as problem:
            reasons.append(str(problem))
            return [Trial(first, first, np.inf, str(problem))]
        found = [_trial(first, end, decoded, x) for end in ends]
        later.extend(trial.problem for trial in found if trial.problem)
        return found

    firsts = [taken] if taken else candidates(own, layouts_of(takes, (h, w, c)))
    found: list[Trial] = []
    for k, first in enumerate(firsts):
        report(k / len(firsts), f"trying pixels in {first}")
        found += tried(first)
    if not any(np.isfinite(trial.error) for trial in found):
        # What came furthest tells most: a picture that the encoder took, in the plainest layout.
        reasons = [
            *later,
            *refused,
            f"the encoder takes {takes}, the pictures are ({h}, {w}, {c})",
        ]
        raise InvalidInput(
            f"no picture comes back from this autoencoder, tried with {h} x {w} pixels of {c} "
            f"channels (shape= makes others of them): {reasons[0]}"
        )
    return sorted(found, key=lambda trial: trial.error)


def best_trial(found: Sequence[Trial]) -> Trial:
    """The least error; of those that are about as good, the one that is tried first: the plainest.

    Example:
        >>> unit, signed = Convention(), Convention("signed")
        >>> best_trial([Trial(signed, signed, 0.0100), Trial(unit, unit, 0.0101)]).taken.scale
        'unit'
    """
    least = found[0].error
    near = [trial for trial in found if trial.error <= least * ALIKE]
    return min(near, key=lambda trial: _plainness(trial.taken) + _plainness(trial.given))


def table(found: Sequence[Trial], most: int = 8) -> str:
    """The best trials as lines for a terminal, the chosen one first and marked."""
    chosen = best_trial(found)
    others = [trial for trial in found if trial is not chosen]
    lines = [f"  {'into the encoder':<43}{'out of the decoder':<43}error a pixel", f"* {chosen}"]
    return "\n".join([*lines, *(f"  {trial}" for trial in others[: most - 1])])


def _plainness(end: Convention) -> int:
    scales = ("unit", "signed", "bytes", "standardised", "logits")
    return 10 * scales.index(end.scale) + 5 * (end.layout != "channels first") + 3 * end.reverse


def _trial(taken: Convention, given: Convention, decoded: Float32, x: Float32) -> Trial:
    try:
        y = np.clip(given.undo(decoded, x.shape[1:]), 0, 1)
    except InvalidInput as problem:
        return Trial(taken, given, np.inf, str(problem))
    error = float(((y.astype(np.float64) - x) ** 2).mean())
    return Trial(taken, given, error, decoded=decoded)


def statistics(x: Float32) -> Statistics:
    """Mean and deviation of each channel of pictures ``x`` (n, h, w, c)."""
    flat = x.reshape(-1, x.shape[3])
    mean = flat.mean(axis=0, dtype=np.float64)
    square = np.square(flat - mean.astype(np.float32)).mean(axis=0, dtype=np.float64)
    return tuple(map(float, mean)), tuple(map(float, np.sqrt(square)))


def candidates(
    own: Statistics, layouts: Sequence[Layout], *, decoder: bool = False
) -> list[Convention]:
    """Conventions that are in use, the plainest first.

    Args:
        own: the data's own mean and deviation, by which its pixels may have been standardised.
        layouts: that fit the network.
        decoder: whether it is the decoder's end.
    """
    c = len(own[0])
    found = []
    for layout in layouts:
        for reverse in (False, True) if c == 3 else (False,):
            found += [
                Convention("unit", layout, reverse),
                Convention("signed", layout, reverse),
                Convention("bytes", layout, reverse),
            ]
            if min(own[1]) > 0:
                found.append(Convention("standardised", layout, reverse, *own))
            if c == 3:
                found.append(Convention("standardised", layout, reverse, *IMAGENET))
            if decoder:
                found.append(Convention("logits", layout, reverse))
    return found
