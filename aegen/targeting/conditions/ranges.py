"""Ranges of numbers: which hold something, and their text."""

from __future__ import annotations

import math

import numpy as np

from aegen.core.arrays import FloatArray
from aegen.core.errors import InvalidInput
from aegen.targeting.conditions import formatting

__all__ = ["holds", "range_text", "require_range"]


def require_range(name: str, low: float, high: float) -> None:
    """Refuse a range that holds nothing.

    Raises:
        InvalidInput: its ends are swapped, equal to NaN, or both open.
    """
    everything = math.isinf(low) and math.isinf(high)
    if math.isnan(low) or math.isnan(high) or low > high or everything:
        raise InvalidInput(
            f"the range of {name} goes from {low:g} to {high:g}, which holds nothing or "
            "everything: give two ends in order, or one"
        )


def holds(x: FloatArray, low: float, high: float, strict: bool = False) -> FloatArray:
    """1.0 for each of ``x`` (n,) in the range, its ends left out where ``strict``, else 0.0."""
    if strict:
        return ((x > low) & (x < high)).astype(np.float64)
    return ((x >= low) & (x <= high)).astype(np.float64)


def range_text(name: str, low: float, high: float, strict: bool = False) -> str:
    """A range as text: ``name>low``, ``name<=high`` or ``name=low..high``."""
    equal = "" if strict else "="
    if math.isinf(high):
        return f"{name}>{equal}{formatting.number(low)}"
    if math.isinf(low):
        return f"{name}<{equal}{formatting.number(high)}"
    return f"{name}={formatting.number(low)}..{formatting.number(high)}"
