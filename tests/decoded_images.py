"""A stand-in for pictures in files: rows are made into arrays when they are asked for."""

import numpy as np


class DecodedImages:
    """Has what `aegen.data` promises of images that are decoded on access, and nothing more.

    ``fetched`` counts how often each row was asked for, ``most`` the rows asked for at once.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, images):
        self._images = images
        self.shape = images.shape
        self.fetched = np.zeros(len(images), int)
        self.most = 0

    def __len__(self):
        return len(self._images)

    def __getitem__(self, rows):
        assert isinstance(rows, slice) or np.asarray(rows).dtype.kind == "i", "slice or int array"
        found = self._images[rows]
        np.add.at(self.fetched, np.arange(len(self))[rows], 1)
        self.most = max(self.most, len(found))
        return found.copy()
