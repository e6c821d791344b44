"""MNIST: 70,000 handwritten digits, 28 x 28, grey."""

from __future__ import annotations

from pathlib import Path

from aegen.data._idx import MEASURED, image_set
from aegen.data.base import DataSet, ImageSet

__all__ = ["MNIST"]


class MNIST(DataSet):
    """60,000 training and 10,000 held-out digits (Y. LeCun, C. Cortes, C. Burges, 1998).

    Example:
        >>> MNIST.title
        'MNIST digits'
    """

    title = "MNIST digits"
    licence = "CC BY-SA 3.0"
    citation = (
        "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-based learning applied to document "
        "recognition. Proceedings of the IEEE 86(11), 1998"
    )
    fetched = True
    measured = MEASURED

    def load(self, path: Path | str | None = None) -> ImageSet:
        """The images, from a folder of idx files, an npz file, or torchvision; see `DataSet`."""
        return image_set(self, path, [str(k) for k in range(10)], "MNIST")
