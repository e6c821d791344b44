"""The methods of each family in their own words, and the guides that come with aegen."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from aegen.app.location import folder
from aegen.core.documentation import Documentation
from aegen.core.family import Family

__all__ = ["FAMILIES", "guides", "methods"]

_PICTURE = re.compile(r"!\[[^\]]*\]\([^)]*\)|<!--.*?-->", flags=re.DOTALL)
_FILE = re.compile(r"(?<!!)\[([^\]]*)\]\((?!http)[^)]*\)")
"""Pictures, comments, and links to files: of no use on a page of the app."""

FAMILIES = {
    "latent-models": "Latent models",
    "metrics": "Metrics",
    "projections": "Projections",
    "autoencoders": "Autoencoders",
    "mask-rules": "Mask rules",
}
"""Families that have cards: by their name in links, as people read them."""


@cache
def methods(family: str) -> tuple[Documentation, ...]:
    """All methods of a family of `FAMILIES`, by title."""
    found = _families()[family]
    return tuple(sorted(map(found.documentation, found.names()), key=lambda card: card.title))


def _families() -> dict[str, Family[Any]]:
    from aegen.autoencoders import architectures
    from aegen.metrics import metrics
    from aegen.projections import projections
    from aegen.samplers import samplers
    from aegen.supermask.rules import rules

    return dict(zip(FAMILIES, (samplers, metrics, projections, architectures, rules), strict=True))


@cache
def guides() -> dict[str, str]:
    """The guides of ``assets/docs``: Markdown by title, of which their first line is made."""
    found = {}
    for file in sorted((folder() / "assets" / "docs").glob("*.md")):
        title, _, text = file.read_text(encoding="utf-8").partition("\n")
        shown = _PICTURE.sub("", _FILE.sub(r"\1", text)).replace("\n## ", "\n#### ")
        found[title.removeprefix("# ").strip()] = shown.strip()
    return found
