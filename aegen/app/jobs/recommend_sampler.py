"""What a job does to recommend a latent model; no Streamlit here."""

from __future__ import annotations

from pathlib import Path

from aegen.core.progress import report

__all__ = ["recommend"]


def recommend(folder: str, seconds: float, copying: float, seed: int) -> str:
    """Which latent model to take for the bundle in ``folder``, as JSON; see `aegen.recommend`."""
    report(0.0, "reading the codes")
    from aegen.bundles import read
    from aegen.comparison import recommend
    from aegen.comparison.recommendation_table import to_json

    codes = read(Path(folder)).codes
    return to_json(recommend(codes, seconds=seconds, copying=copying, rng=seed))
