"""Where the app's files lie: in a checkout, or inside the installed package; no Streamlit here."""

from __future__ import annotations

from pathlib import Path

from aegen.core.errors import StorageError

__all__ = ["MAIN", "folder"]

MAIN = Path(__file__).resolve().with_name("main.py")
"""The script that Streamlit runs for each visit."""


def folder() -> Path:
    """The folder with ``app.py``, ``pages/`` and ``.streamlit/``.

    Raises:
        StorageError: it is not there.
    """
    package = MAIN.parents[1]
    for found in (package.parent, package / "_shipped"):
        if (found / "app.py").is_file() and (found / "pages").is_dir():
            return found
    raise StorageError(package, "the app's files are missing: install aegen again")
