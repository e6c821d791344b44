"""KMNIST: 70,000 handwritten characters of old Japanese, 28 x 28, grey."""

from __future__ import annotations

from pathlib import Path

from aegen.data._idx import MEASURED, image_set
from aegen.data.base import DataSet, ImageSet

__all__ = ["KMNIST"]

CLASSES = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"]
"""How the ten characters are read, one of each row of the hiragana."""


class KMNIST(DataSet):
    """60,000 training and 10,000 held-out characters (T. Clanuwat et al., 2018).

    Example:
        >>> KMNIST.licence[:12]
        'CC BY-SA 4.0'
    """

    title = "Kuzushiji-MNIST characters"
    licence = (
        'CC BY-SA 4.0: "KMNIST Dataset" (created by CODH), adapted from "Kuzushiji Dataset" '
        "(created by NIJL and others), doi:10.20676/00000341"
    )
    citation = (
        "T. Clanuwat, M. Bober-Irizar, A. Kitamoto, A. Lamb, K. Yamamoto, D. Ha: Deep learning "
        "for classical Japanese literature. arXiv 1812.01718, 2018"
    )
    fetched = True
    measured = MEASURED

    def load(self, path: Path | str | None = None) -> ImageSet:
        """The images, from a folder of idx files, an npz file, or torchvision; see `DataSet`."""
        return image_set(self, path, CLASSES, "KMNIST")
