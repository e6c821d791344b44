"""What every candidate on a bundle is compared with: held-out rows, chosen by the seed alone."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aegen.bundles import Bundle, find, read
from aegen.comparison.inception import inception_features
from aegen.core import arrays
from aegen.core.arrays import ByteArray, FloatArray, IntArray
from aegen.core.errors import BundleError, InvalidInput
from aegen.core.neighbours import Neighbours, RememberedNeighbours
from aegen.core.storage import digest

__all__ = ["LEAST", "LeftOut", "ReferenceSet", "Rows", "contents_of"]

LEAST = 20
"""Rows on each side without which no figure means anything."""

SHARE = 8
"""Of so many training codes one is left out at most, and another to show what real codes get."""

CACHED = 2
"""References of as many seeds stay in memory with all that was made of them."""

ORDER = 2309
"""Part of the seed of the order of held-out rows, so that it is not that of the draws."""


class Rows:
    """Codes (n, d) and their rows in the other spaces, each made when first asked for.

    ``originals``, the images that they are the codes of, uint8 (n, h, w, c), are seen in place of
    the decoded ones.
    """

    def __init__(
        self, bundle: Bundle, codes: FloatArray, originals: ByteArray | None = None
    ) -> None:
        self.bundle = bundle
        self.codes = codes
        self._originals = originals
        self._spaces = {"codes": codes}

    @functools.cached_property
    def images(self) -> NDArray[np.float32]:
        """The originals, or else the codes decoded, float32 (n, h, w, c) in [0, 1].

        Raises:
            InvalidInput: codes too large to decode.
        """
        if self._originals is None:
            return self.bundle.decode(self.codes)
        return self._originals.astype(np.float32) / np.float32(255)

    def of(self, space: str) -> FloatArray:
        """Rows (n, k) of a space: codes, pixels, features, attributes or inception.

        Raises:
            InvalidInput: codes that cannot be decoded, or an unknown space.
            AegenError: Inception's weights are not there.
            BundleError: attributes of a bundle without a classifier.
        """
        if space not in self._spaces:
            self._spaces[space] = self._seen(space)
        return self._spaces[space]

    def _seen(self, space: str) -> FloatArray:
        if space in ("pixels", "features") and self.bundle.payload.kind != "image":
            return self.bundle.numbers(
                self.codes
            )  # there are no pixels, but what they are made of
        if space == "pixels":
            return self.images.reshape(len(self.images), -1).astype(np.float64)
        if space == "inception":
            return inception_features(self.images)
        if space == "features":
            return self.bundle.features(self.images).astype(np.float64)
        if space == "attributes":
            if self.bundle.manifest.classifier is None:
                raise BundleError(
                    self.bundle.path, "has no classifier, so attributes of images are not known"
                )
            shared = self.bundle.feature_source == "the classifier"
            seen = self.of("features") if shared else None
            tables = self.bundle.classify(self.images, features=seen)
            return np.concatenate(list(tables.values()), axis=1)
        raise InvalidInput(
            f"rows lie in codes, pixels, features, attributes or inception, got {space!r}"
        )


@dataclass(frozen=True, eq=False)
class LeftOut:
    """Training codes that a latent model is kept from, so that the encoder has seen all codes.

    Attributes:
        reference: those that draws are compared with (k, d).
        others: as many, which show what real codes get (k, d).
        training: the rest, which the model is fitted to.
    """

    reference: FloatArray
    others: FloatArray
    training: Neighbours


class ReferenceSet:
    """A bundle, and which of its held-out rows each seed compares with.

    Seeds take held-out rows block by block from one random order, so different seeds use different
    rows as long as there are some; then from another order. All candidates of a seed meet the same
    rows, so that differences are paired.

    Args:
        bundle: the bundle.
        draws: how many draws a comparison should have. As many held-out rows stand beside them,
            and as many others must be left to show what real rows get, so there are at most half
            as many as held-out rows; every row of a table has the same number.
        originals: the held-out images, uint8 (m, h, w, c), in the order of the bundle's held-out
            codes. With them draws are compared with real images, else with real images as the
            autoencoder shows them: its own faults count in the first case alone.
        contents: the hash of the bundle's contents, which results carry.

    Raises:
        InvalidInput: too few held-out rows, too few draws, or images of something else.
    """

    def __init__(
        self,
        bundle: Bundle,
        draws: int,
        originals: ByteArray | None = None,
        contents: str = "",
    ) -> None:
        draws = arrays.count(draws, name="draws", minimum=LEAST)
        if len(bundle.holdout) < 2 * LEAST:
            raise InvalidInput(
                f"{bundle.name} has {len(bundle.holdout)} held-out rows, and a comparison needs "
                f"at least {2 * LEAST}: make the bundle with more held-out images"
            )
        if originals is not None:
            _require_same(bundle, originals)
        self.bundle = bundle
        self.originals = originals
        self.contents = contents
        self.size = min(draws, len(bundle.holdout) // 2)
        self._blocks = len(bundle.holdout) // self.size
        self._cache: dict[int, Rows] = {}
        self._left_out: dict[int, LeftOut] = {}

    @classmethod
    def open(cls, bundle: str | Path, draws: int, data: str | Path | None = None) -> ReferenceSet:
        """The reference set of a bundle by name or folder, cached for all tasks of a process.

        ``data`` is the data set that the bundle was made from, for its originals.

        Raises:
            UnknownName, BundleError: no such bundle, or one that cannot be read.
            InvalidInput: as the class.
            StorageError: the data set cannot be read.
        """
        contents = contents_of(bundle)
        return _open(str(bundle), draws, None if data is None else str(data), contents)

    @property
    def distinct(self) -> float:
        """How many sets of reference rows there are that share none."""
        return len(self.bundle.holdout) / self.size

    def reference(self, seed: int) -> IntArray:
        """Held-out rows that draws are compared with, (size,)."""
        return self._block(seed, 0)

    def others(self, seed: int) -> IntArray:
        """As many held-out rows, none of them among the reference."""
        return self._block(seed, 1)

    @functools.cached_property
    def training(self) -> Neighbours:
        """A search among all training codes."""
        return RememberedNeighbours(self.bundle.neighbours())

    def left_out(self, seed: int) -> LeftOut:
        """The training codes that a seed leaves out; the latest are cached.

        There are as many as draws, or fewer where these were more than an eighth of all.

        Raises:
            InvalidInput: too few training codes to leave some out.
        """
        if seed not in self._left_out:
            codes = self.bundle.codes
            size = min(self.size, len(codes) // SHARE)
            if size < LEAST:
                raise InvalidInput(
                    f"{self.bundle.name} has {len(codes)} training codes, and to leave some out "
                    f"takes at least {LEAST * SHARE}"
                )
            order = np.random.default_rng([ORDER, seed, SHARE]).permutation(len(codes))
            parts = np.split(order, [size, 2 * size])
            reference, others, rest = (codes[np.sort(rows)] for rows in parts)
            _make_room(self._left_out)
            self._left_out[seed] = LeftOut(
                reference, others, RememberedNeighbours(Neighbours(rest))
            )
        return self._left_out[seed]

    def _block(self, seed: int, after: int) -> IntArray:
        lap, place = divmod(seed, self._blocks)
        order = np.random.default_rng([ORDER, lap]).permutation(len(self.bundle.holdout))
        start = (place + after) % self._blocks * self.size
        rows: IntArray = order[start : start + self.size]
        return rows

    def rows(self, z: FloatArray) -> Rows:
        """Codes (n, d) as rows of every space."""
        return Rows(self.bundle, z)

    def reference_rows(self, seed: int) -> Rows:
        """The reference of a seed as rows of every space; the latest are cached."""
        if seed not in self._cache:
            _make_room(self._cache)
            rows = self.reference(seed)
            seen = None if self.originals is None else self.originals[rows]
            self._cache[seed] = Rows(self.bundle, self.bundle.holdout[rows], seen)
        return self._cache[seed]


def _make_room(cache: dict[int, Any]) -> None:
    while len(cache) >= CACHED:
        cache.pop(next(iter(cache)))


def contents_of(bundle: str | Path) -> str:
    """The hash of a bundle's ``bundle.json``, which holds the hashes of all its files.

    Raises:
        UnknownName, BundleError, StorageError: no such bundle.
    """
    return digest(find(bundle) / "bundle.json")


@functools.lru_cache(maxsize=4)
def _open(bundle: str, draws: int, data: str | None, contents: str) -> ReferenceSet:
    opened = read(bundle)
    originals = None if data is None else _originals(opened, Path(data))
    return ReferenceSet(opened, draws, originals, contents)


def _originals(bundle: Bundle, data: Path) -> ByteArray:
    """The held-out images of a bundle from its data set."""
    from aegen.data import datasets

    images = datasets.create(bundle.manifest.dataset).load(data).images
    rows = bundle.holdout_rows
    if len(rows) and rows.max() >= len(images):
        raise InvalidInput(
            f"{data} has {len(images):,} images, and {bundle.name} was made from more: give the "
            "data set that it was made from"
        )
    found: ByteArray = images[rows]
    return found


def _require_same(bundle: Bundle, originals: ByteArray) -> None:
    """Refuse images whose codes are not the bundle's held-out codes."""
    some = slice(0, 16)
    same = len(originals) == len(bundle.holdout) and np.allclose(
        bundle.encode(originals[some]), bundle.holdout[some], atol=1e-3, rtol=1e-3
    )
    if not same:
        raise InvalidInput(
            f"the held-out codes of {bundle.name} are not those of these images: give the data "
            "set that it was made from"
        )
