"""EMNIST letters: 145,600 handwritten letters, 28 x 28, grey."""

from __future__ import annotations

import string
from pathlib import Path

from aegen.core.errors import StorageError
from aegen.data._idx import MEASURED, Part, from_torchvision, idx_parts, labelled
from aegen.data.base import DataSet, ImageSet

__all__ = ["EMNISTLetters"]

CLASSES = list(string.ascii_uppercase)
"""Small and capital letters are one class."""

FILES = {
    part: (
        f"emnist-letters-{name}-images-idx3-ubyte",
        f"emnist-letters-{name}-labels-idx1-ubyte",
    )
    for part, name in (("train", "train"), ("holdout", "test"))
}


class EMNISTLetters(DataSet):
    """124,800 training and 20,800 held-out letters (G. Cohen et al., 2017).

    The files hold the pictures lying on their side and mirrored, and labels from 1; both are
    put right here.

    Example:
        >>> EMNISTLetters.title
        'EMNIST letters'
    """

    title = "EMNIST letters"
    licence = (
        "none stated; made from NIST Special Database 19, a work of the government of the United "
        "States"
    )
    citation = (
        "G. Cohen, S. Afshar, J. Tapson, A. van Schaik: EMNIST: an extension of MNIST to "
        "handwritten letters. arXiv 1702.05373, 2017"
    )
    fetched = True
    measured = MEASURED

    def load(self, path: Path | str | None = None) -> ImageSet:
        """The images, from a folder of idx files or through torchvision; see `DataSet`."""
        if path is None:
            parts = [{"split": "letters", "train": train} for train in (True, False)]
            train, test, source = from_torchvision(self.title, "EMNIST", "idx files", parts)
        else:
            if not Path(path).is_dir():
                raise StorageError(path, "is no folder of the four idx files of EMNIST letters")
            train, test = idx_parts(Path(path), FILES)
            source = self.citation
        return labelled(self, _upright(train), _upright(test), CLASSES, source)


def _upright(part: Part) -> Part:
    """Pictures with rows for columns, and labels from 0: the label 0 becomes one too many."""
    images, labels = part
    return (images.swapaxes(1, 2) if images.ndim == 3 else images), labels - 1
