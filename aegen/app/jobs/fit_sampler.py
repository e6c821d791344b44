"""What a job does to fit a latent model: open the bundle, fit, save; no Streamlit here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aegen.core.progress import report

__all__ = ["fit"]


def fit(
    folder: str,
    sampler: str,
    fields: Mapping[str, Any],
    rows: Sequence[int] | None,
    seed: int,
    out: str,
) -> dict[str, float]:
    """Fit a latent model to a bundle's codes and save it.

    Args:
        folder: the bundle's.
        sampler: the latent model's name.
        fields: its fields.
        rows: the training rows to fit to, or None for all.
        seed: of the fit.
        out: the file to write.

    Returns:
        the seconds that the fit took.
    """
    report(0.0, "reading the codes")
    from aegen.generation import load

    bundle = load(Path(folder))
    some = {} if rows is None else {"rows": rows}  # one latent model has a field of this name
    model = bundle.model(sampler, rng=seed, **{**some, **fields})
    model.sampler.save(out)
    return {"seconds": model.fit_seconds}
