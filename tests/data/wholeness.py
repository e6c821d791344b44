"""What an image set has to be, whichever file it comes from."""

import numpy as np

from aegen.data import ImageSet

__all__ = ["is_whole"]


def is_whole(found, name):
    """Raises AssertionError where an `ImageSet` is not what one has to be."""
    assert isinstance(found, ImageSet)
    assert found.name == name
    n, _, _, channels = found.images.shape
    assert found.images.dtype == np.uint8
    assert channels in (1, 3)
    assert found.holdout.shape == (n,)
    assert found.holdout.dtype == np.bool_
    assert 0 < found.holdout.sum() < n
    assert len(found.attributes) == n
    assert not found.attributes.isna().to_numpy().any()
    assert all((found.title, found.licence, found.citation, found.source))
    few = found.limited(8, 4)
    assert (few.images == found.images[few.row_ids]).all()
