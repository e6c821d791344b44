"""ResNet110: three stages of eighteen residual blocks, without a trained batch norm."""

from __future__ import annotations

from aegen.supermask.networks._residual import Width, residual
from aegen.supermask.plan import Plan

__all__ = ["ResNet110"]


class ResNet110(Plan):
    """Eighteen blocks a stage of 16, 32 and 64 channels; 1,705,904 weights on CIFAR-100.

    The paper's variant: a stage begins with a 1x1 convolution and a 1x1 shortcut, and batch norms
    keep their initial statistics, so each is a fixed factor. Here the stem's is one too.

    Args:
        width: factor of the channels; the paper has 1, 2 and 3.
        channels: of an image.
        size: an image's height and width, in pixels.
        classes: number of logits.

    Source: facts of the paper, sections 1.5 and 2.

    Example:
        >>> ResNet110().total
        1705904
    """

    def __init__(
        self, width: Width = 1.0, channels: int = 3, size: int = 32, classes: int = 100
    ) -> None:
        super().__init__(*residual("resnet110", 18, width, channels, size, classes))
