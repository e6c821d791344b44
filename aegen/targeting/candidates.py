"""Codes that are being judged: only those that need it are decoded and classified.

Parts of a set of candidates share what was decoded and classified, so a code is decoded once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aegen.core import arrays
from aegen.core.arrays import BoolArray, FloatArray, IntArray
from aegen.targeting.attribute_models import AttributeModels

if TYPE_CHECKING:
    from aegen.bundles import Bundle

__all__ = ["Candidates"]


class Candidates:
    """Codes of a bundle, with what a target may ask about them.

    Args:
        bundle: decodes and judges them.
        codes: (k, d).

    Raises:
        InvalidInput: codes of another dimension, or not finite.

    Example:
        >>> import aegen
        >>> bundle = aegen.load("mnist")                                      # doctest: +SKIP
        >>> Candidates(bundle, bundle.holdout[:8]).chances("class").shape     # doctest: +SKIP
        (8, 10)
    """

    def __init__(self, bundle: Bundle, codes: ArrayLike) -> None:
        self.bundle = bundle
        self.codes = arrays.codes(codes, dimension=bundle.latent_dim)
        self.knowledge = AttributeModels.of(bundle)
        self._whole = self
        self._index: IntArray = np.arange(len(self.codes))
        self._images: NDArray[np.float32] | None = None
        self._chances: dict[str, FloatArray] = {}
        self._decoded = np.zeros(len(self.codes), dtype=np.bool_)
        self._classified = np.zeros(len(self.codes), dtype=np.bool_)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.codes)

    def take(self, which: ArrayLike) -> Candidates:
        """Some of them, by a mask (k,) or by their indices; what is made of them is shared."""
        part = object.__new__(Candidates)
        part.bundle, part.knowledge = self.bundle, self.knowledge
        part._whole = self._whole
        part._index = self._index[np.asarray(which)]
        part.codes = self._whole.codes[part._index]
        return part

    @classmethod
    def joined(cls, bundle: Bundle, parts: Sequence[Candidates]) -> Candidates:
        """Several sets of candidates as one; what was decoded and classified stays."""
        codes = [part.codes for part in parts] or [np.empty((0, bundle.latent_dim))]
        whole = cls(bundle, np.concatenate(codes))
        start = 0
        for part in parts:
            place = np.arange(start, start + len(part))
            start += len(part)
            source, index = part._whole, part._index
            if source._images is not None:
                whole._keep_images(place, source._images[index], source._decoded[index])
            for name, table in source._chances.items():
                kept = whole._chances.setdefault(name, np.zeros((len(whole), table.shape[1])))
                kept[place] = table[index]
            whole._classified[place] = source._classified[index]
        return whole

    def _keep_images(
        self, place: IntArray, images: NDArray[np.float32], decoded: BoolArray
    ) -> None:
        """Put pictures where they belong, and whether they are any."""
        if self._images is None:
            self._images = np.zeros((len(self), *self.bundle.image_shape), np.float32)
        self._images[place] = images
        self._decoded[place] = decoded

    @property
    def images(self) -> NDArray[np.float32]:
        """Their pictures, float32 (k, h, w, c); decoded when first asked for."""
        whole = self._whole
        missing = self._index[~whole._decoded[self._index]]
        if len(missing) or whole._images is None:
            images = self.bundle.decode(whole.codes[missing])
            whole._keep_images(missing, images, np.ones(len(missing), dtype=np.bool_))
        assert whole._images is not None
        return whole._images[self._index]

    def probabilities(self, attribute: str) -> FloatArray:
        """Probability of each value of an attribute, (k, values).

        By the bundle's classifier on the decoded pictures where it knows the attribute, else by a
        probe on the codes (`Knowledge.probe`).
        """
        if attribute not in self.knowledge.classified:
            return self.knowledge.probe(attribute).probabilities(self.codes)
        whole = self._whole
        missing = ~whole._classified[self._index]
        if missing.any() or not whole._chances:
            found = self.bundle.classify(self.take(missing).images)
            for name, table in found.items():
                kept = whole._chances.setdefault(name, np.zeros((len(whole), table.shape[1])))
                kept[self._index[missing]] = table
            whole._classified[self._index[missing]] = True
        return whole._chances[attribute][self._index]

    def all_chances(self) -> dict[str, FloatArray]:
        """The same of every attribute that the classifier knows."""
        return {name: self.probabilities(name) for name in self.knowledge.classified}
