"""Small data sets in the layouts of the published ones, written by tests."""

import gzip
import struct

import numpy as np
from PIL import Image

__all__ = [
    "WRITERS",
    "idx_bytes",
    "noise",
    "write_celeba",
    "write_cifar10",
    "write_digits",
    "write_dsprites",
    "write_personas",
    "write_letters",
    "write_svhn",
]


def idx_bytes(array: np.ndarray) -> bytes:
    head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.tobytes()


def write_idx(folder, names, sizes, images_of, labels_of):
    """Two pairs of gzipped idx files called as ``names`` say."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, n in zip(names, sizes, strict=True):
        for what, array in (("images-idx3", images_of(n)), ("labels-idx1", labels_of(n))):
            content = gzip.compress(idx_bytes(array))
            (folder / f"{part}-{what}-ubyte.gz").write_bytes(content)


def noise(n, *shape):
    return np.random.default_rng(n).integers(0, 256, (n, *shape), dtype=np.uint8)


def write_digits(folder):
    """Thirty training and six held-out pictures in the four files of MNIST and its relatives."""
    write_idx(
        folder,
        ("train", "t10k"),
        (30, 6),
        lambda n: noise(n, 28, 28),
        lambda n: (np.arange(n) % 10).astype(np.uint8),
    )


def write_letters(folder, first=1):
    """Letters with a bright top row, lying on their side as in the published files."""

    def lying(n):
        images = np.zeros((n, 28, 28), np.uint8)
        images[:, :, 0] = 255
        return images

    names = ("emnist-letters-train", "emnist-letters-test")
    write_idx(
        folder, names, (52, 13), lying, lambda n: (np.arange(n) % 26 + first).astype(np.uint8)
    )


def write_svhn(folder, **changes):
    """Digits 1..10 of which the last means 0; picture k is as bright as its number."""
    from scipy.io import savemat

    folder.mkdir(parents=True, exist_ok=True)
    for name, n in (("train", 20), ("test", 10)):
        images = np.broadcast_to(np.arange(n, dtype=np.uint8), (32, 32, 3, n))
        held = {"X": images, "y": (np.arange(n) % 10 + 1).astype(np.uint8)[:, None], **changes}
        savemat(folder / f"{name}_32x32.mat", held, do_compression=True)


def write_dsprites(folder, **changes):
    """Some combinations of the six factors; a picture's first pixels count its row in binary."""
    folder.mkdir(parents=True, exist_ok=True)
    kinds = (1, 3, 6, 40, 32, 32)
    rows = np.arange(0, np.prod(kinds), 7919)
    images = np.zeros((len(rows), 64, 64), np.uint8)
    images[:, 0, :8] = np.unpackbits(np.arange(len(rows), dtype=np.uint8)[:, None], axis=1)
    held = {
        "imgs": images,
        "latents_classes": np.stack(np.unravel_index(rows, kinds), axis=1),
        "metadata": np.array({"title": "pickled, as in the published file"}, dtype=object),
        **changes,
    }
    np.savez_compressed(folder / "dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz", **held)


def write_celeba(folder, n=12, *, layout="torchvision", partition=True):
    """Faces with a bright middle; the last quarter is for validation and for testing."""
    names = [f"{k + 1:06d}.jpg" for k in range(n)]
    columns = [f"Attribute_{k}" for k in range(38)] + ["Male", "Smiling"]
    values = np.where(np.arange(n)[:, None] % (np.arange(40) + 2) == 0, 1, -1)
    parts = [0 if k < 3 * n // 4 else 1 + k % 2 for k in range(n)]
    if layout == "kaggle":
        root, pictures = folder, folder / "img_align_celeba" / "img_align_celeba"
        lines = [",".join(["image_id", *columns])]
        lines += [",".join([x, *map(str, row)]) for x, row in zip(names, values, strict=True)]
        split = ["image_id,partition", *(f"{x},{p}" for x, p in zip(names, parts, strict=True))]
        ending = "csv"
    else:
        root = folder / "celeba"
        pictures = root / "img_align_celeba"
        lines = [str(n), " ".join(columns)]
        lines += [f"{x}  {' '.join(map(str, row))}" for x, row in zip(names, values, strict=True)]
        split = [f"{x} {p}" for x, p in zip(names, parts, strict=True)]
        ending = "txt"
    pictures.mkdir(parents=True)
    (root / f"list_attr_celeba.{ending}").write_text("\n".join(lines) + "\n")
    if partition:
        (root / f"list_eval_partition.{ending}").write_text("\n".join(split) + "\n")
    for k, name in enumerate(names):
        face = np.zeros((218, 178, 3), np.uint8)
        face[39:179, 19:159] = 100 + k  # the middle that is kept
        Image.fromarray(face).save(pictures / name, quality=95)


def write_cifar10(folder, counts=(40, 40, 20), **changes):
    """A hundred training pictures in the three files that the published ones were cut into."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, n in zip("abc", counts, strict=True):
        labels = (np.arange(n) % 10).astype(np.uint8)
        held = {"images": noise(n, 32, 32, 3), "labels": labels, **changes}
        np.savez_compressed(folder / f"cifar10_train_{part}.npz", **held)


PERSONAS = {
    "hair": ["long", "bald", "cap"],
    "hair_colour": ["362c47", "6c4545"],
    "mouth": ["smile", "bigSmile"],
    "facial_hair": ["none", "beardMustache", "goatee"],
}
"""Some attributes of drawn faces, with their values as the file calls them."""


def write_personas(folder, **changes):
    """Every combination of a few attributes, twice; every fifth is held out."""
    folder.mkdir(parents=True, exist_ok=True)
    kinds = [len(values) for values in PERSONAS.values()]
    rows = np.tile(np.stack(np.unravel_index(np.arange(np.prod(kinds)), kinds), axis=1), (2, 1))
    held = {
        "images": noise(len(rows), 64, 64, 3),
        "attributes": rows.astype(np.uint8),
        "attribute_names": np.array(list(PERSONAS)),
        "split": (np.arange(len(rows)) % 5 == 0) * (1 + np.arange(len(rows)) % 2),
        **{f"values_{name}": np.array(values) for name, values in PERSONAS.items()},
        **changes,
    }
    np.savez_compressed(folder / "personas.npz", **held)


WRITERS = {
    "kmnist": write_digits,
    "emnist-letters": write_letters,
    "svhn": write_svhn,
    "dsprites": write_dsprites,
    "celeba": write_celeba,
    "cifar10": write_cifar10,
    "personas": write_personas,
}
"""Writes the stand-in of a data set into a folder, by the data set's name."""
