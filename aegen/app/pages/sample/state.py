"""What Sample shows, as choices in its link."""

from __future__ import annotations

from typing import Any

from aegen.app.state.draws import DrawChoices, sampler, within
from aegen.app.state.link import Item

__all__ = ["SHOWN", "draws"]

draws = DrawChoices("sample")

SHOWN: tuple[Item[Any], ...] = (sampler, *draws.items(), within)
"""All that the page's link holds, beside the latent model's fields."""
