"""`aegen app`: open the app in a browser, from a checkout or from the installed package."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from aegen.core.errors import StorageError

__all__ = ["frame", "open_app"]


def open_app(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to serve at")] = 8501,
    headless: Annotated[bool, typer.Option(help="Do not open a browser")] = False,
) -> None:
    """Open the app; it runs on the shipped bundles and needs no network."""
    script = frame()
    options = ["--server.port", str(port), "--server.headless", str(headless).lower()]
    from aegen.bundles.discovery import VARIABLE

    if os.environ.get(VARIABLE):
        shelves = os.environ[VARIABLE].split(os.pathsep)
        os.environ[VARIABLE] = os.pathsep.join(os.path.abspath(s) for s in shelves if s)
    # Streamlit reads .streamlit/config.toml from the working folder only.
    os.chdir(script.parent)
    command = [sys.executable, "-m", "streamlit", "run", str(script), *options]
    os.execv(sys.executable, command)


def frame() -> Path:
    """The app's script: the checkout's where there is one, else the one that was installed.

    Raises:
        StorageError: there is neither.
    """
    package = Path(__file__).resolve().parent.parent
    for script in (package.parent / "app.py", package / "_shipped" / "app.py"):
        if script.is_file() and (script.parent / "pages").is_dir():
            return script
    raise StorageError(package, "the app's files are missing: install aegen again")
