"""What the ResNets share: three stages of residual blocks, every batch norm frozen to a factor."""

from __future__ import annotations

import math
from typing import Any

from aegen.supermask.networks._pairs import Width
from aegen.supermask.plan import Conv, Dense, Elu, GlobalMean, MaxPool, Residual, Scale, Step

__all__ = ["Width", "residual"]

WIDTHS = (16, 32, 64)
"""Channels of each stage."""

FROZEN_NORM = 1 / math.sqrt(1 + 1e-3)
"""A batch norm that keeps mean 0 and variance 1 divides by sqrt(1 + epsilon)."""


def residual(
    name: str, blocks: int, width: float, channels: int, size: int, classes: int
) -> tuple[str, dict[str, Any], tuple[int, int, int], int, tuple[Step, ...]]:
    """What `Plan` takes, of a ResNet with ``blocks`` blocks a stage."""
    norm = Scale(FROZEN_NORM)
    widths = [max(1, round(w * width)) for w in WIDTHS]
    steps: list[Step] = [Conv("stem", channels, widths[0]), norm, Elu(), MaxPool(3, 1, 1)]
    inputs = widths[0]
    for stage, outputs in enumerate(widths, start=1):
        stride = 1 if stage == 1 else 2
        for block in range(1, blocks + 1):
            at = f"stage{stage}_block{block}"
            first = block == 1
            shortcut: tuple[Step, ...] = ()
            opening = Conv(f"{at}_conv1", outputs, outputs)
            if first:
                opening = Conv(f"{at}_conv1", inputs, outputs, 1, stride, 0)
                shortcut = (Conv(f"{at}_shortcut", inputs, outputs, 1, stride, 0), norm)
            branch = (opening, norm, Elu(), Conv(f"{at}_conv2", outputs, outputs), norm)
            # The first block's branch ends in an ELU of its own, before the sum.
            steps += [Residual((*branch, Elu()) if first else branch, shortcut), Elu()]
        inputs = outputs
    steps += [GlobalMean(), Dense("fc", inputs, classes)]
    arguments = {"width": width, "channels": channels, "size": size, "classes": classes}
    return name, arguments, (channels, size, size), classes, tuple(steps)
