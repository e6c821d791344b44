"""Randomness: one way to pass it (SPEC 7), never stored, never global."""

from __future__ import annotations

import numbers

import numpy as np

from aegen.core.errors import InvalidInput

__all__ = ["RNG", "generator"]

RNG = int | np.random.Generator | None
"""What every ``rng`` keyword accepts: a seed, a Generator, or None (fresh entropy)."""


def generator(rng: RNG = None) -> np.random.Generator:
    """The ``numpy.random.Generator`` that ``rng`` stands for.

    A Generator is returned as it is (and advances as it is used), a non-negative integer seeds a
    new one, None takes fresh entropy from the system. Follows SPEC 7 of Scientific Python.

    Raises:
        InvalidInput: ``rng`` is none of the three.

    Example:
        >>> bool(generator(7).random() == generator(7).random())
        True
    """
    if isinstance(rng, np.random.Generator):
        return rng
    if rng is None:
        return np.random.default_rng()
    if isinstance(rng, numbers.Integral) and not isinstance(rng, bool) and int(rng) >= 0:
        return np.random.default_rng(int(rng))
    raise InvalidInput(
        f"rng must be a seed (an integer of 0 or more), a numpy Generator or None, got {rng!r}"
    )
