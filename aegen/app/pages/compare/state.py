"""What Compare compares, as choices in its link."""

from __future__ import annotations

from typing import Any

from aegen.app.state import formats
from aegen.app.state.link import Item

__all__ = [
    "MOST",
    "RATIOS",
    "SEEDS",
    "SHOWN",
    "TIMES",
    "addition",
    "budget",
    "copying",
    "failures",
    "metric",
    "models",
    "recommended",
    "seconds",
    "seed",
    "seeds",
    "size",
    "skipped",
]

MOST = 12
"""Latent models that one comparison holds at most."""

models: Item[tuple[str, ...] | None] = Item(
    "compare.models", None, formats.models, formats.models_text
)
"""The latent models, each a text; None is the default ones."""

size: Item[int | None] = Item("compare.n", None, formats.whole(20, 5000))
"""How many draws of each are measured; None is as many as the bundle's images allow."""

seed: Item[int] = Item(
    "compare.seed", 0, formats.whole(0, formats.HIGHEST_SEED - 100), always=True
)
"""The first seed."""

SEEDS = (0, 1, 2, 3, 5, 10, 20)
"""How many seeds can be chosen; 0 is as many as the budget has."""

seeds: Item[int] = Item("compare.seeds", 0, formats.whole(0, 20))
"""How many seeds."""

budget: Item[str] = Item("compare.budget", "quick", str)
"""How much a comparison may cost: "quick" or "thorough"."""

skipped: Item[tuple[str, ...] | None] = Item(
    "compare.skipped", None, formats.models, formats.models_text
)
"""Those of the models that are not measured; None is none of them."""

metric: Item[str] = Item("compare.metric", "codes/nearest-neighbour-worse-half", str)
"""The metric on the upright axis of both plots."""

recommended: Item[bool] = Item("compare.recommended", False, formats.yes_no, formats.yes_no_text)
"""Whether the model that is recommended is shown."""

failures: Item[bool] = Item("compare.failures", False, formats.yes_no, formats.yes_no_text)
"""Whether a gallery of failures is shown."""

TIMES = (20, 60, 180, 600)
"""Seconds that trying models may take."""

seconds: Item[int] = Item("compare.seconds", 60, formats.whole(1, 3600))
"""The time for it."""

RATIOS = (0.5, 0.7, 0.8, 0.9, 0.95, 1.0)
"""Distance ratios below which a model may count as copying."""

copying: Item[float] = Item("compare.copying", 0.9, formats.number(0, 10))
"""The one below which it does."""

addition: Item[str] = Item("compare.addition", "gaussian-copula", str)
"""The latent model that is about to be added; no link holds it."""

SHOWN: tuple[Item[Any], ...] = (
    models,
    skipped,
    size,
    seed,
    seeds,
    budget,
    metric,
    failures,
    recommended,
    seconds,
    copying,
)
"""All that the page's link holds."""
