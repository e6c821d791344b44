"""The pages of the app, declared here once, in four groups."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from aegen.app.location import folder

__all__ = ["ENTRIES", "ICON", "Entry", "entry", "link", "pages"]


ICON = (Path(__file__).parent / "icon.svg").read_text(encoding="utf-8")
"""The app's picture in a browser's tab; Streamlit's own symbols would be fetched from afar."""


@dataclass(frozen=True)
class Entry:
    """One page: its script below ``pages/``; its group, title and icon in the list of pages."""

    file: str
    group: str
    title: str
    icon: str

    @property
    def path(self) -> Path:
        """The script."""
        return folder() / "pages" / self.file

    @property
    def address(self) -> str:
        """Its part of the address, with dashes for underscores: "latent-map"."""
        return Path(self.file).stem.replace("_", "-")


ENTRIES = (
    Entry("explore/start.py", "Explore", "Start", ":material/home:"),
    Entry("explore/latent_map.py", "Explore", "Latent map", ":material/scatter_plot:"),
    Entry("explore/traverse.py", "Explore", "Traverse", ":material/tune:"),
    Entry("generate/sample.py", "Generate", "Sample", ":material/casino:"),
    Entry("generate/compare.py", "Generate", "Compare", ":material/balance:"),
    Entry("generate/target.py", "Generate", "Target", ":material/target:"),
    Entry("supermask/masks.py", "Supermask", "Masks", ":material/grid_on:"),
    Entry("supermask/train.py", "Supermask", "Train", ":material/model_training:"),
    Entry("library/bundles.py", "Library", "Bundles", ":material/inventory_2:"),
    Entry("library/bring.py", "Library", "Bring your own", ":material/upload_file:"),
    Entry("library/help.py", "Library", "Help", ":material/help:"),
)
"""All pages in their order; the first is the front page."""


def entry(address: str) -> Entry:
    """The page at ``address``."""
    return next(entry for entry in ENTRIES if entry.address == address)


def pages() -> dict[str, list[Any]]:
    """The pages by group, for ``st.navigation``."""
    found: dict[str, list[Any]] = {}
    for page in ENTRIES:
        found.setdefault(page.group, []).append(
            st.Page(
                page.path,
                title=page.title,
                icon=page.icon,
                url_path=page.address,
                default=page == ENTRIES[0],
            )
        )
    return found


def link(address: str, label: str, **choices: str) -> None:
    """A link to another page, which shows these choices there."""
    page = entry(address)
    st.page_link(page.path, label=label, icon=page.icon, query_params=choices or None)
