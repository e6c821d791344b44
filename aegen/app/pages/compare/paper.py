"""A comparison for a paper: its plots, its table, draws of every model, its bibliography."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aegen.app.pages.compare import image_columns, state
from aegen.app.services.comparisons import ComparisonRequest
from aegen.app.widgets.for_paper import Exhibit, Material
from aegen.core.errors import InvalidInput

if TYPE_CHECKING:
    from aegen.comparison import Table

__all__ = ["material"]

PICTURES = 10
"""Draws of each model in the figure of them."""


@dataclass(frozen=True)
class _Figures:
    """The table as `aegen.app.widgets.for_paper` asks for it; its caption is its own."""

    table: Table

    def latex(self, caption: str, label: str) -> str:
        from aegen.comparison.latex import to_latex

        return to_latex(self.table)

    def csv(self) -> str:
        from aegen.comparison.table import to_csv

        return to_csv([self.table])


def material(asked: ComparisonRequest, found: Table) -> Material:
    """What a paper takes from it."""
    from aegen.comparison.latex import caption

    metric = state.metric.get()
    return Material(
        f"{asked.bundle}-compared",
        (
            Exhibit(
                "copying", "Fidelity against copying", lambda: _plot(found, metric, "copying")
            ),
            Exhibit("time", "Fidelity against time", lambda: _plot(found, metric, "time")),
            Exhibit("draws", "Draws of every model", lambda: _draws(asked, found), None),
        ),
        (Exhibit("table", "Metrics by latent model", lambda: _Figures(found)),),
        caption(found, marks=False),
        lambda: _methods(found),
    )


def _plot(found: Table, key: str, which: str) -> Any:
    from aegen.comparison.table_html import compared
    from aegen.figures.comparison_scatter import against_copying, against_time

    specs = {c.key: c for c in found.metric_specs if not c.make().needs_training}
    if not specs:
        raise InvalidInput("no metric of fidelity was measured: choose another budget")
    spec = specs.get(key) or next(iter(specs.values()))
    metric, draw = spec.make(), {"copying": against_copying, "time": against_time}[which]
    return draw(compared(found, spec), spec.title, metric.direction, metric.best)


def _draws(asked: ComparisonRequest, found: Table) -> str:
    from aegen.figures.image_table import image_table

    grids = image_columns.all_pictures(asked, found)
    if not grids:
        raise InvalidInput("no model has pictures yet: wait for its figures")
    n = min(PICTURES, *(len(images) for _, images in grids))
    return image_table(
        np.stack([images[:n] for _, images in grids]),
        rows=[name for name, _ in grids],
        title="Draws of every model",
    )


def _methods(found: Table) -> Iterable[Any]:
    """The classes of all latent models and metrics; references that are rows have none."""
    from aegen.metrics import metrics
    from aegen.samplers import samplers

    named = samplers.names()
    yield from (samplers.get(c.sampler) for c in found.rows if c.sampler in named)
    yield from (metrics.get(spec.metric) for spec in found.metric_specs)
