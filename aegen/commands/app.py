"""`aegen app`: open the app in a browser, from a checkout or from the installed package."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from aegen.app.location import folder

__all__ = ["open_app"]


def open_app(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to serve at")] = 8501,
    headless: Annotated[bool, typer.Option(help="Do not open a browser")] = False,
) -> None:
    """Open the app; it runs on the shipped bundles and needs no network."""
    home = folder()
    options = ["--server.port", str(port), "--server.headless", str(headless).lower()]
    from aegen.bundles.discovery import VARIABLE

    if os.environ.get(VARIABLE):
        folders = os.environ[VARIABLE].split(os.pathsep)
        os.environ[VARIABLE] = os.pathsep.join(os.path.abspath(s) for s in folders if s)
    # Streamlit reads .streamlit/config.toml from the working folder only.
    os.chdir(home)
    command = [sys.executable, "-m", "streamlit", "run", "app.py", *options]
    os.execv(sys.executable, command)
