"""What Compare compares, as choices in its link."""

from __future__ import annotations

from typing import Any

from aegen.app.state import formats
from aegen.app.state.link import Item

__all__ = ["MOST", "SHOWN", "addition", "budget", "metric", "models", "seed", "size"]

MOST = 12
"""Latent models that one comparison holds at most."""

models: Item[tuple[str, ...] | None] = Item(
    "compare.models", None, formats.models, formats.models_text
)
"""The latent models, each a text; None is the default ones."""

size: Item[int] = Item("compare.n", 2000, formats.whole(20, 5000))
"""How many draws of each are measured."""

seed: Item[int] = Item(
    "compare.seed", 0, formats.whole(0, formats.HIGHEST_SEED - 100), always=True
)
"""The first seed."""

budget: Item[str] = Item("compare.budget", "quick", str)
"""How much a comparison may cost: "quick" or "thorough"."""

metric: Item[str] = Item("compare.metric", "codes/nearest-neighbour-worse-half", str)
"""The metric on the upright axis of both plots."""

addition: Item[str] = Item("compare.addition", "gaussian-copula", str)
"""The latent model that is about to be added; no link holds it."""

SHOWN: tuple[Item[Any], ...] = (models, size, seed, budget, metric)
"""All that the page's link holds."""
