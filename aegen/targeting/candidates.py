"""Codes that a target tests, decoded and classified when first asked for, and only once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aegen.core import arrays
from aegen.core.arrays import BoolArray, FloatArray, IntArray
from aegen.core.morphometry import measure
from aegen.targeting.attribute_models import AttributeModels

if TYPE_CHECKING:
    from aegen.bundles import Bundle

__all__ = ["Candidates"]


class Candidates:
    """Codes of a bundle, with what a target may ask about them.

    Args:
        bundle: decodes and classifies them.
        codes: (k, d).

    Raises:
        InvalidInput: codes of another dimension, or not finite.

    Example:
        >>> import aegen
        >>> bundle = aegen.load("mnist")                                          # doctest: +SKIP
        >>> Candidates(bundle, bundle.holdout[:8]).probabilities("class").shape # doctest: +SKIP
        (8, 10)
    """

    def __init__(self, bundle: Bundle, codes: ArrayLike) -> None:
        self.bundle = bundle
        self.codes = arrays.codes(codes, dimension=bundle.latent_dim)
        self.attribute_models = AttributeModels.of(bundle)
        self._whole = self
        self._index: IntArray = np.arange(len(self.codes))
        self._images: NDArray[np.float32] | None = None
        self._probabilities: dict[str, FloatArray] = {}
        self._measured: dict[str, FloatArray] = {}
        self._decoded = np.zeros(len(self.codes), dtype=np.bool_)
        self._classified = np.zeros(len(self.codes), dtype=np.bool_)

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, which: ArrayLike) -> Candidates:
        """Some of them, by a mask (k,) or by their indices; what is made of them is shared."""
        part = object.__new__(Candidates)
        part.bundle, part.attribute_models = self.bundle, self.attribute_models
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
                whole._cache_images(place, source._images[index], source._decoded[index])
            tables = {name: table[index] for name, table in source._probabilities.items()}
            whole._cache_probabilities(place, tables, source._classified[index])
            for name, numbers in source._measured.items():
                whole._numbers(name)[place] = numbers[index]
        return whole

    def _cache_images(
        self, place: IntArray, images: NDArray[np.float32], decoded: BoolArray | bool
    ) -> None:
        if self._images is None:
            self._images = np.zeros((len(self), *self.bundle.image_shape), np.float32)
        self._images[place] = images
        self._decoded[place] = decoded

    def _cache_probabilities(
        self, place: IntArray, tables: Mapping[str, FloatArray], classified: BoolArray | bool
    ) -> None:
        for name, table in tables.items():
            whole = self._probabilities.setdefault(name, np.zeros((len(self), table.shape[1])))
            whole[place] = table
        self._classified[place] = classified

    @property
    def images(self) -> NDArray[np.float32]:
        """Their pictures, float32 (k, h, w, c); decoded when first asked for."""
        whole = self._whole
        missing = self._index[~whole._decoded[self._index]]
        if len(missing) or whole._images is None:
            images = self.bundle.decode(whole.codes[missing])
            whole._cache_images(missing, images, True)
        assert whole._images is not None
        return whole._images[self._index]

    def probabilities(self, attribute: str) -> FloatArray:
        """Probability of each value of an attribute, (k, values).

        By the bundle's classifier on the decoded pictures where it knows the attribute, else by a
        probe on the codes (`AttributeModels.probe`).
        """
        if attribute not in self.attribute_models.classified:
            return self.attribute_models.probe(attribute).probabilities(self.codes)
        whole = self._whole
        missing = ~whole._classified[self._index]
        if missing.any() or not whole._probabilities:
            tables = self.bundle.classify(self.take(missing).images)
            whole._cache_probabilities(self._index[missing], tables, True)
        return whole._probabilities[attribute][self._index]

    def _numbers(self, attribute: str) -> FloatArray:
        """What was measured of all so far, NaN where nothing was."""
        return self._measured.setdefault(attribute, np.full(len(self), np.nan))

    def measured(self, attribute: str) -> FloatArray:
        """A number that is measured on pictures, (k,), of the decoded pictures."""
        whole = self._whole
        known = whole._numbers(attribute)
        missing = np.flatnonzero(np.isnan(known[self._index]))
        if len(missing):
            images = self.take(missing).images
            known[self._index[missing]] = measure(self.attribute_models.measure(attribute), images)
        return known[self._index]

    def all_probabilities(self) -> dict[str, FloatArray]:
        """The same of every attribute that the classifier knows."""
        return {name: self.probabilities(name) for name in self.attribute_models.classified}
