"""Linear latent directions from one value of an attribute to another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal
from weakref import WeakKeyDictionary

import numpy as np

from aegen.core.arrays import FloatArray, IntArray
from aegen.core.errors import InvalidInput
from aegen.targeting.attribute_models import AttributeModels

if TYPE_CHECKING:
    from aegen.bundles import Bundle

__all__ = ["Linear", "attribute_moves"]

Linear = Literal["mean-difference", "logistic"]

ENOUGH = 6000
"""Rows that a logistic probe is fitted to at most; more change its directions by little."""

RARE = 50
"""Rows of each value that it is fitted to at least, where there are so many."""

FLAT = 1e-6
"""Singular values below this share of the largest stand for no direction."""


def attribute_moves(
    bundle: Bundle,
    attribute: str,
    own: IntArray,
    wanted: int,
    *,
    kind: Linear = "mean-difference",
    hold: Sequence[str] = (),
) -> FloatArray:
    r"""Straight moves of codes from their values of an attribute to a wanted one, (k, d).

    "mean-difference": $\mu_w - \mu_o$, from the mean of the rows with the own value to that of
    the rows with the wanted one. "logistic": along $w_w - w_o$ of a multinomial logistic
    regression on standardised codes, as far as the mean difference reaches along it. What the
    directions of held attributes span is taken out, so those stay as far as the decoder is linear
    in them; where they go along with the attribute itself little is left. ``own`` (k,) and
    ``wanted`` are indices of the attribute's values.

    Raises:
        InvalidInput: no row has the wanted value or one of the own ones, or held attributes leave
            no direction.

    Source: Y. Shen et al., "Interpreting the latent space of GANs for semantic face editing",
    2020 (conditional manipulation); A. Larsen et al., "Autoencoding beyond pixels using a learned
    similarity metric", 2016 (mean differences).
    """
    means = _means(bundle, attribute)
    used = np.unique([*own, wanted])
    if np.isnan(means[used]).any():
        values = AttributeModels.of(bundle).labels(attribute).values
        value = values[used[np.isnan(means[used, 0])][0]]
        raise InvalidInput(f"no row of {bundle.name} has {attribute}={value} to learn from")
    differences = means[wanted] - means
    directions = differences
    if kind == "logistic":
        slopes = _slopes(bundle, attribute)
        directions = slopes[wanted] - slopes
    if hold:
        spanned = _span(bundle, hold, kind)
        directions = directions - (directions @ spanned.T) @ spanned
    lengths = np.linalg.norm(directions, axis=1, keepdims=True)
    whole = np.nanmax(np.linalg.norm(differences, axis=1))
    gone = used[(lengths[used, 0] <= FLAT * whole) & (used != wanted)]
    if len(gone):
        remedy = f": hold fewer attributes than {', '.join(hold)}" if hold else ""
        raise InvalidInput(f"no direction is left that changes {attribute}{remedy}")
    units = np.divide(directions, lengths, out=np.zeros_like(directions), where=lengths > 0)
    reach = np.einsum("vd,vd->v", differences, units)
    moves: FloatArray = (reach[:, None] * units)[own]
    return moves


def _means(bundle: Bundle, attribute: str) -> FloatArray:
    """Mean code of the rows with each value, (values, d); nan where there are none."""
    labels = AttributeModels.of(bundle).labels(attribute)
    rows = labels.rows.astype(np.int64)
    sums = np.zeros((len(labels.values), bundle.latent_dim))
    np.add.at(sums, rows, bundle.codes)
    counts = np.bincount(rows, minlength=len(sums))[:, None]
    return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)


_fitted: WeakKeyDictionary[Bundle, dict[str, FloatArray]] = WeakKeyDictionary()


def _slopes(bundle: Bundle, attribute: str) -> FloatArray:
    """Weights of a logistic regression for each value, (values, d), in the codes' own units."""
    known = _fitted.setdefault(bundle, {})
    if attribute not in known:
        from sklearn.linear_model import LogisticRegression

        labels = AttributeModels.of(bundle).labels(attribute)
        n = len(bundle.codes)
        even = np.linspace(0, n - 1, min(n, ENOUGH)).astype(np.int64)
        firsts = [np.flatnonzero(labels.rows == v)[:RARE] for v in range(len(labels.values))]
        some = np.unique(np.concatenate([even, *firsts]))
        centre, scale = bundle.codes.mean(axis=0), bundle.codes.std(axis=0)
        scale = np.where(scale > 0, scale, 1.0)
        own = labels.rows[some].astype(np.int64)
        weights = np.zeros((len(labels.values), bundle.latent_dim))
        if (own == own[0]).all():  # one class only, so no direction
            known[attribute] = weights
            return weights
        probe = LogisticRegression(max_iter=300)
        probe.fit((bundle.codes[some] - centre) / scale, own)
        if len(probe.classes_) == 2:
            weights[probe.classes_] = np.concatenate([-probe.coef_, probe.coef_]) / 2
        else:
            weights[probe.classes_] = probe.coef_
        known[attribute] = weights / scale
    return known[attribute]


def _span(bundle: Bundle, attributes: Sequence[str], kind: Linear) -> FloatArray:
    """An orthonormal basis of what moves between values of these attributes span, (k, d)."""
    tables = []
    for name in attributes:
        table = _slopes(bundle, name) if kind == "logistic" else _means(bundle, name)
        table = table[~np.isnan(table[:, 0])]
        tables.append(table - table.mean(axis=0))
    _, sizes, basis = np.linalg.svd(np.concatenate(tables), full_matrices=False)
    found: FloatArray = basis[sizes > FLAT * sizes.max(initial=0.0)]
    return found
