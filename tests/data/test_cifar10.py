"""CIFAR-10 from files: rows in order, the last tenth held out, bad files refused."""

import numpy as np
import pytest

from aegen.core.errors import StorageError
from aegen.data import datasets
from tests.data.stand_ins import write_cifar10


def test_parts_come_in_their_order_and_the_last_rows_are_held_out(tmp_path):
    write_cifar10(tmp_path)
    found = datasets.create("cifar10").load(tmp_path)
    assert found.image_shape == (32, 32, 3)
    assert found.holdout.tolist() == [False] * 90 + [True] * 10
    assert list(found.attributes["class"][:3]) == ["airplane", "automobile", "bird"]
    with np.load(tmp_path / "cifar10_train_c.npz") as last:
        np.testing.assert_array_equal(found.images[80:], last["images"])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"images": np.zeros((20, 32, 32, 1), np.uint8)},
            r"images must be uint8 \(n, 32, 32, 3\)",
        ),
        ({"labels": np.full(40, 10, np.uint8)}, "labels must be uint8 from 0 to 9"),
        ({"labels": np.zeros(3, np.uint8)}, "one an image"),
    ],
)
def test_bad_files_are_refused(tmp_path, changes, said):
    write_cifar10(tmp_path, **changes)
    with pytest.raises(StorageError, match=said):
        datasets.create("cifar10").load(tmp_path)


def test_missing_and_damaged_files_are_refused(tmp_path):
    with pytest.raises(StorageError, match="is not a folder"):
        datasets.create("cifar10").load(tmp_path / "nowhere")
    with pytest.raises(StorageError, match="there is no such file"):
        datasets.create("cifar10").load(tmp_path)
    write_cifar10(tmp_path)
    path = tmp_path / "cifar10_train_b.npz"
    content = bytearray(path.read_bytes())
    content[2000:3000] = bytes(1000)
    path.write_bytes(content)
    with pytest.raises(StorageError, match="not a readable npz"):
        datasets.create("cifar10").load(tmp_path)
