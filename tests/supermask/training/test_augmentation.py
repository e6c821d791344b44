"""Moved and mirrored images, against numpy's padding and slices."""

import numpy as np
import pytest
import torch

from aegen.supermask.training.augmentation import augmented

IMAGES = torch.arange(2 * 5 * 6 * 3, dtype=torch.float32).reshape(2, 5, 6, 3)


def possible(image, shift, mirror):
    """Every image that may come of one: padded by its edge, cut, and turned or not."""
    h, w, _ = image.shape
    padded = np.pad(image, [(shift, shift), (shift, shift), (0, 0)], mode="edge")
    cuts = [
        padded[a : a + h, b : b + w] for a in range(2 * shift + 1) for b in range(2 * shift + 1)
    ]
    turned = [cut[:, ::-1] for cut in cuts] if mirror else []
    return {cut.tobytes() for cut in (*cuts, *turned)}


@pytest.mark.parametrize(
    ("shift", "mirror"), [(0, False), (1, False), (2, False), (0, True), (1, True)]
)
def test_each_possible_image_comes_and_no_other(shift, mirror):
    torch.manual_seed(0)
    many = IMAGES.repeat_interleave(1000, dim=0)
    found = augmented(many, shift, mirror)
    assert found.shape == many.shape
    assert torch.equal(many, IMAGES.repeat_interleave(1000, dim=0))  # which stay as they were
    for number, image in enumerate(IMAGES.numpy()):
        came = {one.tobytes() for one in found[1000 * number : 1000 * (number + 1)].numpy()}
        assert came == possible(image, shift, mirror)


def test_moves_are_equally_likely():
    torch.manual_seed(0)
    line = torch.arange(5.0).reshape(1, 1, 5, 1).expand(20_000, 1, 5, 1)
    middle = augmented(line, 1, False)[:, 0, 2, 0].numpy()
    shares = np.bincount(middle.astype(int), minlength=5) / len(middle)
    np.testing.assert_allclose(shares, [0, 1 / 3, 1 / 3, 1 / 3, 0], atol=0.015)
