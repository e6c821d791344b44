"""What a paper takes from a page: its figures as files, its tables, its bibliography."""

from __future__ import annotations

import functools
import io
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import streamlit as st

from aegen.app.state import paper as state
from aegen.app.widgets import bound
from aegen.app.widgets.lazy_popover import lazy_popover
from aegen.core import latex
from aegen.core.errors import AegenError

if TYPE_CHECKING:
    from aegen.core.references import Cites
    from aegen.figures.vector_file import Kind

__all__ = ["Exhibit", "Material", "for_paper", "made_by"]

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of all files in an archive, so that the same figures give the same bytes."""


def _numbers(made: Any) -> Any:
    """The numbers of a plotly figure; a table is its own."""
    from aegen.figures.figure_data import figure_data

    return made if hasattr(made, "csv") else figure_data(made)


@dataclass(frozen=True)
class Exhibit:
    """A figure or a table.

    Attributes:
        name: of its files.
        title: for people, and the beginning of its caption.
        make: gives it, when a file is asked for: a plotly figure, an SVG picture, or a table
            (`aegen.core.text_table.TextTable`).
        data: gives the numbers of what was made as such a table; None where pictures have none.
    """

    name: str
    title: str
    make: Callable[[], Any]
    data: Callable[[Any], Any] | None = _numbers


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


def for_paper(name: str, make: Callable[[], Material]) -> None:
    """A small button that opens what a page has for a paper, which is looked up when it opens.

    Args:
        name: tells one button of a page from another.
        make: gives what there is.
    """
    lazy_popover(
        "For a paper",
        lambda: _content(make()),
        icon=":material/article:",
        key=f"paper:{name}",
        help="Figures as SVG, PDF and PNG, tables as LaTeX, their numbers as CSV, captions, and "
        "the papers of every method.",
    )


def _content(material: Material) -> None:
    exhibits = [*material.figures, *material.tables]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        place = st.selectbox(
            "Figure or table",
            range(len(exhibits)),
            format_func=lambda k: exhibits[k].title,
            key=f"paper:{material.stem}",
            width=340,
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
        for kind in _kinds(chosen, table):
            _button(material, chosen, kind, width, font)
        for file, make in material.files:
            st.download_button(
                file,
                make,
                file_name=f"{material.stem}-{file}",
                key=f"paper:{material.stem}:{file}",
                icon=":material/download:",
                on_click="ignore",
            )
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


def _kinds(exhibit: Exhibit, table: bool) -> list[str]:
    """The files that it can be had as."""
    return [*(["tex"] if table else ["svg", "pdf", "png"]), *(["csv"] if exhibit.data else [])]


MIMES = {
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "png": "image/png",
    "csv": "text/csv",
    "tex": "text/plain",
}


def _button(material: Material, exhibit: Exhibit, kind: str, width: int, font: int) -> None:
    st.download_button(
        "LaTeX" if kind == "tex" else kind.upper(),
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
    return _written(material, exhibit, exhibit.make(), kind, width, font)


def _written(
    material: Material, exhibit: Exhibit, made: Any, kind: str, width: int, font: int
) -> bytes:
    from aegen.figures.vector_file import PaperSize, vector_file

    if kind == "tex":
        label = f"tab:{material.stem}-{exhibit.name}"
        return str(made.latex(_caption(material, exhibit), label)).encode()
    if kind == "csv":
        assert exhibit.data is not None
        return str(exhibit.data(made).csv()).encode()
    return vector_file(made, cast("Kind", kind), PaperSize(width, font=font))


def archive(material: Material, width: float, font: float) -> bytes:
    """All of it in a ZIP."""
    files: dict[str, bytes] = {}
    captions, left_out = [], []
    for exhibit in (*material.figures, *material.tables):
        table = exhibit in material.tables
        folder = "tables" if table else "figures"
        try:
            made = exhibit.make()
            files |= {
                f"{folder}/{exhibit.name}.{kind}": _written(
                    material, exhibit, made, kind, int(width), int(font)
                )
                for kind in _kinds(exhibit, table)
                if kind != "png"  # lines and letters are better, where nobody has to choose
            }
        except AegenError as problem:  # the others are no worse for it
            left_out.append(f"{exhibit.title}: {problem}\n")
            continue
        if not table:
            captions.append(
                latex.figure(
                    f"figures/{exhibit.name}.pdf",
                    caption=_caption(material, exhibit),
                    label=f"fig:{material.stem}-{exhibit.name}",
                    width=width,
                )
            )
    if left_out:
        files["left-out.txt"] = "".join(left_out).encode()
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
