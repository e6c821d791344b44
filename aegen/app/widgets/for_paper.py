"""What a paper takes from a page: its figures as SVG and PDF, its tables, its bibliography."""

from __future__ import annotations

import functools
import html
import io
import re
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from aegen.app.state import paper as state
from aegen.app.widgets import bound
from aegen.core import latex

if TYPE_CHECKING:
    from aegen.core.references import Cites

__all__ = ["Exhibit", "Material", "for_paper", "made_by"]

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of all files in an archive, so that the same figures give the same bytes."""


@dataclass(frozen=True)
class Exhibit:
    """A figure or a table.

    Attributes:
        name: of its files.
        title: for people, and the beginning of its caption.
        make: gives it, when a file is asked for: a plotly figure, an SVG picture, or a table
            (`aegen.core.text_table.TextTable`).
    """

    name: str
    title: str
    make: Callable[[], Any]


@dataclass(frozen=True)
class Material:
    """All that a page has for a paper.

    Attributes:
        stem: of the archive's name, and of labels.
        figures: in order.
        tables: likewise.
        caption: how all of it was made, as LaTeX: numbers, seeds, versions and command.
        methods: gives those whose papers are cited.
        files: further ones for the archive, by name, each made when it is asked for.
    """

    stem: str
    figures: tuple[Exhibit, ...]
    tables: tuple[Exhibit, ...]
    caption: str
    methods: Callable[[], Iterable[Cites | str]]
    files: tuple[tuple[str, Callable[[], bytes]], ...] = ()


def made_by(about: str, command: str | None) -> str:
    """A caption's end, as LaTeX: what was measured on what, by which versions and command."""
    from aegen.core.versions import versions

    how = f": {latex.typewriter(command)}" if command else ""
    return f"{latex.escaped(about)} Made by {latex.escaped(versions())}{how}."


def for_paper(material: Material) -> None:
    """A small button that opens what a page has for a paper."""
    with st.popover("For a paper", icon=":material/article:", type="tertiary"):
        exhibits = [*material.figures, *material.tables]
        with st.container(horizontal=True, vertical_alignment="bottom"):
            place = st.selectbox(
                "Figure or table",
                range(len(exhibits)),
                format_func=lambda k: exhibits[k].title,
                key=f"paper:{material.stem}",
                width=260,
            )
            width = bound.choose(
                "Width",
                state.width,
                state.WIDTHS,
                format_func=lambda n: f"{n} mm",
                help="85 mm is one of two columns in most journals, 170 mm the whole width.",
                width=105,
            )
            font = bound.choose(
                "Letters", state.font, state.FONTS, format_func=lambda n: f"{n} pt", width=90
            )
        chosen = exhibits[min(place or 0, len(exhibits) - 1)]
        table = chosen in material.tables
        with st.container(horizontal=True):
            for kind in ("tex", "csv") if table else ("svg", "pdf", "csv"):
                _button(material, chosen, kind, width, font)
            st.download_button(
                "All as ZIP",
                functools.partial(archive, material, width, font),
                file_name=f"{material.stem}-paper.zip",
                mime="application/zip",
                key=f"paper:{material.stem}:zip",
                icon=":material/folder_zip:",
                on_click="ignore",
                help="Every figure as SVG and PDF with its data, every table, captions, and the "
                "bibliography.",
            )
            st.download_button(
                "BibTeX",
                functools.partial(_bibliography, material),
                file_name=f"{material.stem}.bib",
                mime="text/plain",
                key=f"paper:{material.stem}:bib",
                icon=":material/menu_book:",
                on_click="ignore",
                help="The papers of every method on this page.",
            )
        st.caption("Caption")
        st.code(_caption(material, chosen), language="latex", wrap_lines=True)


MIMES = {"svg": "image/svg+xml", "pdf": "application/pdf", "csv": "text/csv", "tex": "text/plain"}


def _button(material: Material, exhibit: Exhibit, kind: str, width: int, font: int) -> None:
    labels = {"svg": "SVG", "pdf": "PDF", "csv": "CSV", "tex": "LaTeX"}
    st.download_button(
        labels[kind],
        functools.partial(_file, material, exhibit, kind, width, font),
        file_name=f"{material.stem}-{exhibit.name}.{kind}",
        mime=MIMES[kind],
        key=f"paper:{material.stem}:{exhibit.name}:{kind}",
        icon=":material/download:",
        on_click="ignore",
        type="primary" if kind in ("svg", "tex") else "secondary",
    )


def _caption(material: Material, exhibit: Exhibit) -> str:
    return f"{latex.escaped(exhibit.title)}. {material.caption}"


def _file(material: Material, exhibit: Exhibit, kind: str, width: int, font: int) -> bytes:
    from aegen.figures.vector_file import PaperSize, vector_file

    made = exhibit.make()
    if kind == "tex":
        label = f"tab:{material.stem}-{exhibit.name}"
        return str(made.latex(_caption(material, exhibit), label)).encode()
    if kind == "csv":
        return _data(made).encode()
    return vector_file(made, "pdf" if kind == "pdf" else "svg", PaperSize(width, font=font))


def _data(made: Any) -> str:
    """What a figure or a table shows, as numbers; "" of pictures, which have none."""
    from aegen.figures.figure_data import figure_data

    if isinstance(made, str):
        return _svg_data(made)
    return made.csv() if hasattr(made, "csv") else figure_data(made).csv()


def _svg_data(picture: str) -> str:
    """What an SVG picture tells a reader who does not see it, a line a sentence."""
    said = re.findall(r"<title>([^<]*)</title>", picture)
    said = said or re.findall(r'aria-label="([^"]*)"', picture)
    return "".join(f"{html.unescape(line)}\n" for line in said)


def archive(material: Material, width: float, font: float) -> bytes:
    """All of it in a ZIP."""
    files: dict[str, bytes] = {}
    captions = []
    for exhibit in material.figures:
        for kind in ("svg", "pdf", "csv"):
            name = f"figures/{exhibit.name}.{kind}"
            files[name] = _file(material, exhibit, kind, int(width), int(font))
        captions.append(
            latex.figure(
                f"figures/{exhibit.name}.pdf",
                caption=_caption(material, exhibit),
                label=f"fig:{material.stem}-{exhibit.name}",
                width=width,
            )
        )
    for exhibit in material.tables:
        for kind in ("tex", "csv"):
            name = f"tables/{exhibit.name}.{kind}"
            files[name] = _file(material, exhibit, kind, int(width), int(font))
    files["figures.tex"] = "\n".join(captions).encode()
    files["references.bib"] = _bibliography(material)
    files |= {name: make() for name, make in material.files}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(info, data)
    return content.getvalue()


def _bibliography(material: Material) -> bytes:
    from aegen.core.references import bibtex

    return bibtex(material.methods()).encode()
