"""Training images seen a little otherwise each time."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["augmented"]


def augmented(images: Tensor, shift: int, mirror: bool) -> Tensor:
    """Images moved by up to so many pixels each way, and half of them mirrored.

    Draws from torch's generator. Where an image is moved away its edge is repeated, as a black
    one is no zero once it is standardised.

    Args:
        images: (n, h, w, c).
        shift: in pixels, the same at most in both directions.
        mirror: whether left and right are exchanged in half of them.

    Returns:
        A copy, of the same shape.

    Source: the usual random crop after padding, and flip, of K. He et al., arXiv 1512.03385,
    section 4.2.

    Example:
        >>> augmented(torch.arange(3.0).reshape(1, 1, 3, 1), 0, False).flatten().tolist()
        [0.0, 1.0, 2.0]
    """
    n, h, w, _ = images.shape
    device = images.device
    moves = torch.randint(-shift, shift + 1, (2, n, 1), device=device)
    rows = (torch.arange(h, device=device) + moves[0]).clamp(0, h - 1)
    columns = (torch.arange(w, device=device) + moves[1]).clamp(0, w - 1)
    if mirror:
        turned = torch.rand(n, 1, device=device) < 0.5
        columns = torch.where(turned, w - 1 - columns, columns)
    each = torch.arange(n, device=device)[:, None, None]
    return images[each, rows[:, :, None], columns[:, None, :]]
