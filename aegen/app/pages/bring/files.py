"""What a person brings: networks and data, dropped or named, and what is wrong with a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from aegen.app.pages.bring import state
from aegen.app.services.creations import KINDS, Sources
from aegen.app.state import link, visit
from aegen.app.state.uploads import accept, dropped, release, uploads
from aegen.app.widgets import bound
from aegen.app.widgets.markdown import plain
from aegen.app.widgets.messages import show_problem
from aegen.core.errors import AegenError

__all__ = ["beginning", "fields", "sources"]

NETWORKS = ("encoder", "decoder")

MEGABYTES = {"encoder": 500, "decoder": 500, "data": 500, "attributes": 50, "titles": 5}
"""What a file that is dropped on a field may have; Streamlit holds it in memory for a moment."""

TABLES = ["csv", "tsv", "jsonl", "parquet", "pq"]

TYPES = {
    "encoder": ["onnx"],
    "decoder": ["onnx"],
    "data": ["zip", "npz", "npy", "parquet", "pq", "csv", "tsv", "jsonl", "h5ad"],
    "attributes": TABLES,
    "titles": TABLES,
}

LABELS = {
    "encoder": "Encoder",
    "decoder": "Decoder",
    "data": "Data",
    "attributes": "Attributes, if you have some",
    "titles": "Titles of values, if you have some",
}

HELP = {
    "encoder": "Rows in, codes out. Drop both networks here at once if you like. Nothing but "
    "standard operators is run. Without it, bring codes as data.",
    "decoder": "Codes in, rows out. Without it, the pages show codes as bars.",
    "data": "A ZIP of pictures, whose folders become classes. Or an npz, npy, parquet or CSV "
    "file of pictures, series (n, channels, length), a table (n, columns) or codes (n, d). It "
    "stays on the computer that runs this page, and is removed with your visit.",
    "attributes": "CSV, JSON lines or parquet: a row for each row of the data, in their order or "
    "by a column file_name.",
    "titles": "CSV, JSON lines or parquet with columns attribute, value and title: the words that "
    "people see for each value; where value is empty, for the attribute.",
}

KIND_WORDS = {
    "": "Find out",
    "image": "Pictures",
    "series": "Series",
    "table": "A table",
    "codes": "Codes",
}


def fields() -> dict[str, Any]:
    """The files, a folder in the place of the data, and what the data are.

    Gives the place below each field, where it can be said what is wrong with its file.
    """
    below = {}
    for field, column in zip(LABELS, st.columns(len(LABELS), gap="small"), strict=True):
        with column:
            below[field] = _file(field)
    with st.container(horizontal=True, gap="small"):
        _kind()
        if "data" not in uploads().files:
            _folder()
    return below


def _file(field: str) -> Any:
    """A file, or where to drop one; gives the place below it."""
    held = uploads()
    if field in held.files:
        _held(field, held.files[field])
    else:
        key = f"bring:{field}:{held.rounds.get(field, 0)}"
        accept(f"bring:{field}", MEGABYTES[field])
        st.file_uploader(
            LABELS[field],
            type=TYPES[field],
            accept_multiple_files=field in NETWORKS,
            max_upload_size=MEGABYTES[field],
            key=key,
            on_change=_take,
            args=(field, key),
            help=HELP[field],
        )
    if field in held.problems:
        show_problem(AegenError(held.problems[field]))
    return st.container()


def _held(field: str, file: Path) -> None:
    """A file that is there, and the button that takes it away."""
    size = file.stat().st_size
    words = f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{max(1, size / 1e3):,.0f} kB"
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(
            f":gray[:small[{field.capitalize()} · {words}]]  \n**{plain(file.name)}**",
            width="stretch",
        )
        st.button(
            ":material/close:",
            key=f"bring:remove:{field}",
            type="tertiary",
            help=f"Take the {field} away.",
            on_click=_remove,
            args=(field,),
        )


def _take(field: str, key: str) -> None:
    """Put dropped files to disk: two networks at once by their names, any other on their field."""
    files = dropped(key)
    if len(files) > 2:
        _complain(field, "drop an encoder and a decoder, not more")
        return
    for file in files:
        _keep(_meant(file.name, field) if len(files) == 2 else field, file)


def _meant(name: str, otherwise: str) -> str:
    """The field that a network's name speaks of."""
    found = [field for field in NETWORKS if field[:3] in name.lower()]
    return found[0] if len(found) == 1 else otherwise


def _keep(field: str, file: Any) -> None:
    _another()
    try:
        uploads().keep(field, file.name, file.getvalue(), MEGABYTES[field] * 10**6)
    except AegenError as problem:
        _complain(field, str(problem))
    finally:
        release(file)


def _complain(field: str, problem: str) -> None:
    uploads().remove(field)
    uploads().problems[field] = problem


def _remove(field: str) -> None:
    uploads().remove(field)
    _another()


def _another() -> None:
    """With other files the choice among conventions begins anew."""
    state.option.reset()
    state.making.reset()


def _folder() -> None:
    """A folder or file on this machine, for data that need not travel."""
    if not visit.is_local():
        return
    key = bound.bind(state.folder)
    with st.container(width=480):
        st.text_input(
            "Or a folder or file on this computer",
            key=key,
            placeholder="/home/me/photos",
            on_change=_take_typed,
            args=(state.folder, key),
        )
        text = state.folder.get().strip()
        if text and _found(text) is None:
            show_problem(AegenError(f"there is no {text} on the computer that runs this page"))


def _take_typed(item: link.Item[str], key: str) -> None:
    bound.take(item, key)
    _another()


def _found(text: str) -> Path | None:
    """The folder or file that is named; None where there is none."""
    try:
        path = Path(text).expanduser().absolute()
        return path if path.exists() else None
    except (OSError, RuntimeError, ValueError):  # no permission, too long a name, no such home
        return None


def _kind() -> None:
    key = bound.bind(state.kind)
    st.selectbox(
        "The data are",
        ["", *KINDS],
        key=key,
        format_func=KIND_WORDS.__getitem__,
        on_change=_take_typed,
        args=(state.kind, key),
        width=180,
        help="Found out from the file and from what the encoder takes; say it where that is "
        "wrong. Without an encoder they are codes.",
    )


def sources() -> Sources | None:
    """What there is to try; None as long as that is too little."""
    held = {field: str(path) for field, path in uploads().files.items()}
    typed = state.folder.get().strip()
    named = _found(typed) if typed and visit.is_local() else None
    if "data" not in held and named is not None:
        held["data"] = str(named)
    if "data" not in held:
        return None
    return Sources(kind=state.kind.get(), **held)


def beginning() -> None:
    """What is still missing before anything can be tried."""
    held = uploads().files
    if "encoder" in held:
        words = "Now bring data: a ZIP of pictures, or a file of pictures, series or a table."
    elif "decoder" in held:
        words = "Now bring data and an encoder; or codes as data, for a decoder alone."
    else:
        words = (
            "Drop an encoder, a decoder and a ZIP of pictures: within seconds you see some of "
            "them beside what comes back. One of the networks may be missing; codes alone will do."
        )
    st.info(words, icon=":material/upload_file:")
