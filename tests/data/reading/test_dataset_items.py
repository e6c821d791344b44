"""Torch datasets and whatever else has a length and items."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

from aegen.core.errors import InvalidInput
from aegen.data import read

X = np.random.default_rng(0).integers(0, 256, (12, 9, 8, 3), dtype=np.uint8)


class Items(Dataset):
    """Items as a function of their number."""

    classes = ("cat", "dog")

    def __init__(self, item, n=12):
        self.item, self.n = item, n

    def __len__(self):
        return self.n

    def __getitem__(self, k):
        return self.item(k)


def tensor(k):
    return torch.from_numpy(X[k]).permute(2, 0, 1).float() / 255


@pytest.mark.parametrize(
    "picture",
    [
        lambda k: Image.fromarray(X[k]),
        lambda k: X[k],
        tensor,
        lambda k: tensor(k) * 2 - 1,
        lambda k: tensor(k).requires_grad_(),
    ],
)
def test_each_kind_of_picture_with_a_label(picture):
    found = read(Items(lambda k: (picture(k), k % 2)))
    assert np.array_equal(found.images, X)
    assert found.attributes["class"].tolist()[:3] == ["cat", "dog", "cat"]
    assert np.array_equal(read(Items(picture)).images, X)
    assert read(Items(picture)).attributes.shape == (12, 0)


def test_the_range_is_that_of_all_pictures():
    """The first picture alone would be taken for one in [0, 1]."""
    signed = [tensor(k).clamp(0.5) * 2 - 1 if k == 0 else tensor(k) * 2 - 1 for k in range(12)]
    found = read(Items(lambda k: signed[k]))
    assert np.array_equal(found.images[1:], X[1:])


def test_torch_and_plain_collections():
    data = TensorDataset(torch.from_numpy(X).permute(0, 3, 1, 2), torch.arange(12) % 3)
    found = read(data)
    assert np.array_equal(found.images, X)
    assert found.attributes["class"].tolist()[:4] == ["0", "1", "2", "0"]
    assert np.array_equal(read(torch.from_numpy(X)).images, X)
    assert np.array_equal(read([Image.fromarray(x) for x in X]).images, X)
    rows = [{"image": Image.fromarray(x), "age": k / 2, "mask": x} for k, x in enumerate(X)]
    found = read(rows)
    assert found.attributes["age"].tolist()[3] == 1.5
    assert any("'mask' is not one value" in note for note in found.notes)


def test_sizes_that_differ_are_fitted():
    found = read(Items(lambda k: X[k, : 9 - (k == 3)]))
    assert found.image_shape == (9, 8, 3)
    assert read(Items(lambda k: X[k]), shape=(4, 4, 1)).image_shape == (4, 4, 1)


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (lambda k: "a text", "item 0 must be a picture.*got str"),
        (lambda k: (k, X[k]), "got int"),
        (lambda k: X[k].ravel(), "got ndarray"),
        (lambda k: {"text": 1}, "item 0 has text"),
        (lambda k: tensor(k) * 5, "before they were standardised"),
    ],
)
def test_items_that_are_no_pictures(item, said):
    with pytest.raises(InvalidInput, match=said):
        read(Items(item))


def test_what_has_no_items():
    class Stream(IterableDataset):
        def __iter__(self):
            return iter(X)

    for source in (DataLoader(Items(tensor)), Stream()):
        with pytest.raises(InvalidInput, match="of a loader give its dataset"):
            read(source)
    with pytest.raises(InvalidInput, match="no items"):
        read([])
