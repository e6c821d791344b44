"""Copula transfer: the dependence of one group of codes with the margins of another."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from aegen import samplers
from aegen.core.arrays import FloatArray, IntArray, count
from aegen.core.errors import InvalidInput
from aegen.core.rng import RNG, generator
from aegen.targeting.candidates import Candidates
from aegen.targeting.conditions.attribute import AttributeValue
from aegen.targeting.parsing import parse
from aegen.targeting.result import save_pictures, share_of
from aegen.targeting.target import And, Not, Or, Target

if TYPE_CHECKING:
    from aegen.bundles import Bundle
    from aegen.samplers import EmpiricalBetaCopula

__all__ = ["Transferred", "transfer"]

FEWEST = 10
"""Rows that a group needs: a margin of fewer is little more than those values."""


@dataclass(frozen=True, eq=False)
class Transferred:
    """Draws of one group, and the same with another group's margins.

    Attributes:
        source: the group that gives the copula.
        margins: the group that gives the margins.
        rows: the training row that each draw started from, (n,).
        before: the draws.
        after: the same draws after the transfer, row by row.
    """

    source: Target
    margins: Target
    rows: IntArray
    before: Candidates = field(repr=False)
    after: Candidates = field(repr=False)

    @property
    def codes(self) -> FloatArray:
        """The codes after the transfer, (n, d)."""
        return self.after.codes

    @property
    def images(self) -> NDArray[np.float32]:
        """The pictures after the transfer, float32 (n, h, w, c)."""
        return self.after.images

    @cached_property
    def moved(self) -> tuple[float, float]:
        """Share of the draws that show the second group's target, before and after."""
        return share_of(self.margins, self.before), share_of(self.margins, self.after)

    @cached_property
    def stayed(self) -> dict[str, float]:
        """Share of the draws whose likeliest value stayed, by attribute.

        Of attributes that the classifier knows and neither target speaks of.
        """
        spoken = _attributes(self.source) | _attributes(self.margins)
        found = {}
        for name in self.before.attribute_models.classified:
            if name not in spoken:
                was, now = (c.probabilities(name).argmax(1) for c in (self.before, self.after))
                found[name] = float((was == now).mean()) if len(was) else 1.0
        return found

    def arrays(self) -> dict[str, Any]:
        """What an .npz of it holds: images and codes after and before, and rows."""
        return {
            "images": self.images,
            "codes": self.codes,
            "before": self.before.images,
            "codes_before": self.before.codes,
            "rows": self.rows,
        }

    def save(self, path: Path | str, *, scale: int = 2) -> None:
        """Write the images as .png, or `arrays` as .npz; raises what `save_pictures` does."""
        save_pictures(path, self, "a transfer", scale=scale)

    def summary(self) -> str:
        """One sentence on what moved and what stayed."""
        was, became = self.moved
        same = ", ".join(f"{name} {share:.0%}" for name, share in self.stayed.items())
        others = f"; stayed the same: {same}" if same else ""
        return f'"{self.margins}" in {was:.0%} of the draws before, {became:.0%} after{others}'


def transfer(
    bundle: Bundle,
    source: Target | str,
    margins: Target | str,
    n: int = 64,
    *,
    degree: int | Literal["n", "auto"] = "n",
    rng: RNG = None,
) -> Transferred:
    r"""Draws with the dependence of one group of rows and the margins of another.

    $U \sim C_A,\ Z_j = \hat F_{B,j}^{-1}(U_j)$: with the empirical beta copula of the rows of A a
    draw $z$ has $u_j = \hat F_{A,j}(z_j)$, and each coordinate takes the value that has the same
    rank among the rows of B (coordinatewise quantile matching). So it cannot change dependence,
    and it depends on the axes of the latent space. An attribute that shows in the dependence
    stays, and all else that differs between the groups moves along: `Transferred.moved` and
    `Transferred.stayed` say how it went.

    Args:
        bundle: whose rows.
        source: group A, a target or its text.
        margins: group B.
        n: how many draws.
        degree: of the copula of A; fewer steps smooth more.
        rng: seed or Generator.

    Raises:
        InvalidInput: a target that does not suit, or with fewer than 10 rows.

    Reference: the targeted sampling of arXiv 2309.09916.

    Example:
        >>> import aegen
        >>> bundle = aegen.load("sprites")                                  # doctest: +SKIP
        >>> transfer(bundle, "hair=1", "hair=4", rng=0).summary()           # doctest: +SKIP
    """
    generate = generator(rng)
    source, copula, rows = _fitted(bundle, source, degree, generate)
    margins, other, _ = _fitted(bundle, margins, 1, generate)
    n = count(n, maximum=1_000_000)
    codes, started = copula.sample_rows(n, rng=generate)
    before = Candidates(bundle, codes)
    after = Candidates(bundle, other.from_uniform(copula.to_uniform(codes)))
    return Transferred(source, margins, rows[started], before, after)


def _fitted(
    bundle: Bundle,
    target: Target | str,
    degree: int | Literal["n", "auto"],
    rng: np.random.Generator,
) -> tuple[Target, EmpiricalBetaCopula, IntArray]:
    """A target, the copula of the rows whose weight is above 1/2, and these rows."""
    target = parse(target, bundle) if isinstance(target, str) else target
    target.check(bundle)
    target = target.spelled(bundle)
    rows = np.flatnonzero(target.weights(bundle) > 0.5)
    if len(rows) < FEWEST:
        raise InvalidInput(
            f'"{target}" matches {len(rows)} training rows of {bundle.name}, and a transfer needs '
            f"{FEWEST}: widen it"
        )
    if not isinstance(degree, str):
        degree = min(degree, len(rows))
    copula = samplers.EmpiricalBetaCopula(degree=degree)
    return target, copula.fit(bundle.codes[rows], rng=rng), rows


def _attributes(target: Target) -> set[str]:
    """Names of the attributes that a target speaks of."""
    if isinstance(target, And | Or):
        return set().union(*map(_attributes, target.parts))
    if isinstance(target, Not):
        return _attributes(target.part)
    return {target.attribute} if isinstance(target, AttributeValue) else set()
