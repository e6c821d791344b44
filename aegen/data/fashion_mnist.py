"""Fashion-MNIST: 70,000 articles of clothing, 28 x 28, grey."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from aegen.data._idx import image_set
from aegen.data.base import DataSet, ImageSet

__all__ = ["FashionMNIST"]

CLASSES = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
]


class FashionMNIST(DataSet):
    """60,000 training and 10,000 held-out pictures (H. Xiao, K. Rasul, R. Vollgraf, 2017).

    Example:
        >>> FashionMNIST.licence
        'MIT'
    """

    title = "Fashion-MNIST clothes"
    licence = "MIT"
    citation = (
        "H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST: a novel image dataset for benchmarking "
        "machine learning algorithms. arXiv 1708.07747, 2017"
    )
    fetched = True
    measured: ClassVar = {"width": "width", "height": "height", "area": "area"}

    def load(self, path: Path | str | None = None) -> ImageSet:
        """The images, from a folder of idx files, an npz file, or torchvision; see `DataSet`."""
        return image_set(self, path, CLASSES, "FashionMNIST")
