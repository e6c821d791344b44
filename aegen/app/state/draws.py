"""The latent model that draws, and what a page draws from it: how many, under which seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aegen.app.row_selection import Selection
from aegen.app.state import formats
from aegen.app.state.link import Item
from aegen.app.state.map import selection, selection_text
from aegen.core import defaults

__all__ = ["MOST", "DrawChoices", "sampler", "within"]

MOST = 256
"""Pictures that a page draws at most."""

sampler: Item[str] = Item("sampler", defaults.SAMPLER, str, always=True)
"""The latent model, with its fields: what was chosen on Sample also draws on Target."""

within: Item[Selection | None] = Item("within", None, selection, selection_text, per_bundle=True)
"""The rows that draws are restricted to."""


@dataclass(frozen=True)
class DrawChoices:
    """What a page draws; each page has its own."""

    page: str

    @property
    def count(self) -> Item[int]:
        """How many pictures."""
        return Item(f"{self.page}.n", 64, formats.whole(1, MOST))

    @property
    def seed(self) -> Item[int]:
        """The seed of the draw."""
        return Item(f"{self.page}.seed", 0, formats.whole(0, formats.HIGHEST_SEED), always=True)

    @property
    def nearest(self) -> Item[bool]:
        """Whether each picture's nearest training row is shown under it."""
        return Item(f"{self.page}.nearest", False, formats.yes_no, formats.yes_no_text)

    @property
    def picked(self) -> Item[int | None]:
        """The picture that is looked at, counted from 0."""
        return Item(f"{self.page}.picture", None, formats.whole(0, MOST - 1), str, per_bundle=True)

    def items(self) -> tuple[Item[Any], ...]:
        """All of them, for a page's link."""
        return self.count, self.seed, self.nearest, self.picked

    def next_seed(self) -> None:
        """Draw with the next seed from now on; meant for callbacks."""
        self.seed.set((self.seed.get() + 1) % formats.HIGHEST_SEED)
