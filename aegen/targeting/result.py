"""Result of targeted sampling: the codes, how they were found, and what to beware of."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from aegen.bundles.generation import Draw
from aegen.core.arrays import FloatArray, IntArray
from aegen.core.errors import InvalidInput
from aegen.core.images import grid, png
from aegen.core.storage import npz, write_bytes
from aegen.targeting.candidates import Candidates
from aegen.targeting.target import Target

if TYPE_CHECKING:
    from aegen.bundles import Bundle

__all__ = ["STRATEGIES", "Targeted"]

STRATEGIES = {
    "rows": "draws start from the rows that match, as often as their weights say",
    "refit": "the latent model was fitted anew to the rows that match",
    "condition": "the latent model was conditioned on the fixed coordinates",
    "resample": "plain draws, chosen by a probe on their codes",
    "reject": "plain draws",
    "compose": "rows that have most of the values, moved by what the others add to a code",
}
"""What each strategy does, in words; the target tests the draws in every case."""


@dataclass(frozen=True, eq=False)
class Targeted:
    """New codes for a target.

    Attributes:
        target: what was wanted.
        requested: how many.
        codes: float64 (k, d); k is below ``requested`` where tries ran out, and ``short`` says so.
        rows: the training row that each started from, int64 (k,), or None where draws know none.
        strategy: how candidates were found: keys of `STRATEGIES`, joined by " + ".
        tried: codes drawn from the latent model.
        tested: candidates that the target's own test saw.
        accepted: how many of them passed (a few more than were taken).
        doubtful: how many of the draws were taken though the classifier names another value.
        matching: effective number of training rows that match the target (Kish).
        effective_rows: effective number of rows behind the candidates, or None where not known.
        caution: a sentence where draws are too few or rest on too few rows, else None.
        seconds: time it took.
    """

    target: Target
    requested: int
    codes: FloatArray
    rows: IntArray | None
    strategy: str
    tried: int
    tested: int
    accepted: int
    doubtful: int
    matching: float
    effective_rows: float | None
    caution: str | None
    seconds: float
    candidates: Candidates = field(repr=False)

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def short(self) -> bool:
        """Whether tries ran out before there were as many as requested."""
        return len(self.codes) < self.requested

    @property
    def parents(self) -> int | None:
        """How many different training rows the draws started from, where that is known."""
        return None if self.rows is None else len(np.unique(self.rows))

    @property
    def bundle(self) -> Bundle:
        """Where the codes belong."""
        return self.candidates.bundle

    @cached_property
    def images(self) -> NDArray[np.float32]:
        """The draws as pictures, float32 (k, h, w, c); decoded when first asked for."""
        return self.candidates.images

    @cached_property
    def share(self) -> float:
        """Share of the draws that the target's own test accepts: all but the doubtful ones."""
        return share_of(self.target, self.candidates)

    def summary(self) -> str:
        """One sentence on how they were found."""
        parents = "" if self.parents is None else f", from {self.parents:,} different rows"
        doubt = f", and {self.doubtful:,} doubtful ones taken" if self.doubtful else ""
        rate = self.accepted / self.tested if self.tested else 0.0
        return (
            f"{len(self):,} of {self.requested:,} by {self.strategy}: {self.tried:,} codes drawn, "
            f"{self.tested:,} tested, {rate:.0%} of them accepted{doubt}{parents}"
        )

    def draw(self) -> Draw:
        """The same as the record that `aegen.bundles.generation.Model.sample` gives."""
        return Draw(self.images, self.codes, self.rows, self.seconds, 0.0)

    def save(self, path: Path | str, *, scale: int = 2) -> None:
        """Write the pictures as .png, or pictures, codes and rows as .npz; see `Draw.save`."""
        self.draw().save(path, scale=scale)


class _Pictures(Protocol):
    @property
    def images(self) -> NDArray[np.float32]: ...

    def arrays(self) -> dict[str, Any]: ...


def save_pictures(
    path: Path | str, shown: _Pictures, what: str, *, columns: int | None = None, scale: int = 2
) -> None:
    """Write ``images`` as one grid in .png, or ``arrays()`` in .npz.

    Raises:
        InvalidInput: another kind of file, or a grid of no images.
        StorageError: it cannot be written.
    """
    end = Path(path).suffix.lower()
    if end not in (".png", ".npz"):
        raise InvalidInput(
            f"{what} is saved as .png or .npz, got {Path(path).name!r}: change the end"
        )
    content = (
        png(grid(shown.images, columns=columns, gap=2, scale=scale))
        if end == ".png"
        else npz(shown.arrays())
    )
    write_bytes(path, content)


def share_of(target: Target, drawn: Candidates) -> float:
    """Share of candidates that a target accepts; 0 of none."""
    return float(target.accept(drawn).mean()) if len(drawn) else 0.0
