"""Settings of a training that are chosen by the pictures where a person names none.

Plain arithmetic, without torch, so that a command can say what it will do at once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["chosen_batch", "chosen_epochs", "chosen_latent_dim", "chosen_patience"]

SMALL = 32 * 32
"""Numbers in a picture for which a code of 10 is enough, as for MNIST."""

FULL = 64 * 64 * 3
"""Numbers in a picture up to which a batch may be as large as it likes."""


def chosen_latent_dim(image_shape: Sequence[int]) -> int:
    """Dimensions of a code for pictures (h, w, c): a power of two near half the root of h w c.

    10 for small grey pictures, 256 at most.

    Example:
        >>> [chosen_latent_dim(s) for s in ((28, 28, 1), (64, 64, 3), (128, 128, 3))]
        [10, 64, 128]
    """
    numbers = math.prod(image_shape)
    if numbers <= SMALL:
        return 10
    return int(min(256, 2 ** round(math.log2(math.sqrt(numbers) / 2))))


def chosen_batch(rows: int, image_shape: Sequence[int], most: int) -> int:
    """Images a step: a power of two so that an epoch has 20 steps, from 16 to ``most``.

    Fewer for large pictures, whose batches would fill the memory.

    Example:
        >>> [chosen_batch(n, (28, 28, 1), most=256) for n in (50, 1_000, 60_000)]
        [16, 32, 256]
    """
    wanted = min(rows / 20, most * min(1.0, FULL / math.prod(image_shape)))
    return int(max(16, 2 ** math.floor(math.log2(max(1.0, wanted)))))


def chosen_epochs(rows: int, batch: int, *, steps: int, least: int, most: int) -> int:
    """Passes over the rows that make up ``steps`` steps, from ``least`` to ``most``.

    Example:
        >>> [chosen_epochs(n, 32, steps=1_500, least=20, most=200) for n in (100, 1_000, 60_000)]
        [200, 47, 20]
    """
    per_epoch = math.ceil(rows / batch)
    return min(most, max(least, math.ceil(steps / per_epoch)))


def chosen_patience(epochs: int) -> int:
    """Epochs without a gain after which a training of so many stops: a fifth, 3 at least.

    Example:
        >>> chosen_patience(8), chosen_patience(60)
        (3, 12)
    """
    return max(3, epochs // 5)
