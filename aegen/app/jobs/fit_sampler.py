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
    """Fit a latent model to codes of the bundle in ``folder``, and save it to the file ``out``.

    It is fitted to the given training rows, or to all. Returns the seconds that the fit took.
    """
    report(0.0, "reading the codes")
    from aegen.bundles import read

    bundle = read(Path(folder))
    some = {} if rows is None else {"rows": rows}  # one latent model has a field of this name
    model = bundle.model(sampler, rng=seed, **{**some, **fields})
    model.sampler.save(out)
    return {"seconds": model.fit_seconds}
