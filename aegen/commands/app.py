"""`aegen app`: open the app in a browser, from a checkout or from the installed package."""

from __future__ import annotations

import ipaddress
import json
import os
import re
import socket
import sys
from typing import Annotated

import typer

from aegen.app.location import folder
from aegen.core.errors import InvalidInput

__all__ = ["open_app"]

HERE = "127.0.0.1"


def open_app(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to serve at")] = 8501,
    address: Annotated[
        str, typer.Option(help="Address to listen at; 0.0.0.0 is every one of this computer")
    ] = HERE,
    base_path: Annotated[
        str, typer.Option(help="Path below which a proxy serves the app, such as lab/aegen")
    ] = "",
    shared: Annotated[
        bool | None,
        typer.Option(
            "--shared/--alone",
            help="For visitors who are strangers to each other: nobody names folders of this "
            "computer, or stops another's work",
            show_default="as AEGEN_SHARED or ~/.config/aegen/config.toml says",
        ),
    ] = None,
    user_header: Annotated[
        str,
        typer.Option(help="Header in which a proxy names who logged in, such as X-Remote-User"),
    ] = "",
    headless: Annotated[bool, typer.Option(help="Do not open a browser")] = False,
) -> None:
    """Open the app; it runs on the shipped bundles and needs no network.

    It listens to this computer only, unless it is told another address.
    """
    from aegen.app.server.sharing import VARIABLE, sharing

    home = folder()
    options = _options(port, address, base_path, user_header)
    if shared is not None:
        os.environ[VARIABLE] = "yes" if shared else "no"
    headless = headless or sharing().shared  # what is wrong with the file is said here
    _absolute_bundles()
    # Streamlit reads .streamlit/config.toml from the working folder only.
    os.chdir(home)
    words = [f"--{name}={value}" for name, value in options.items()]
    words.append(f"--server.headless={str(headless).lower()}")
    os.execv(sys.executable, [sys.executable, "-m", "streamlit", "run", "app.py", *words])


def _options(port: int, address: str, base_path: str, user_header: str) -> dict[str, str]:
    """Streamlit's options.

    Raises:
        InvalidInput: what is no address, no path or no header.
    """
    options = {"server.port": str(port), "server.address": _address(address)}
    if options["server.address"] in ("0.0.0.0", "::"):
        options["browser.serverAddress"] = socket.gethostname()  # what it says at the start
    path = base_path.strip("/")
    if path:
        if not re.fullmatch(r"[\w.~-]+(/[\w.~-]+)*", path, re.ASCII) or ".." in path:
            raise InvalidInput(
                f"--base-path must be words with / between, such as lab/aegen, got {path[:80]!r}"
            )
        options["server.baseUrlPath"] = path
    if user_header:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,63}", user_header):
            raise InvalidInput(
                "--user-header must be a header's name of letters, digits and dashes, such as "
                f"X-Remote-User, got {user_header[:80]!r}"
            )
        options["server.trustedUserHeaders"] = json.dumps({user_header: "name"})
    return options


def _address(text: str) -> str:
    """An address of this computer, where a name may stand for one."""
    if text == "localhost":
        return HERE
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise InvalidInput(
            "--address must be an address of this computer, such as 127.0.0.1, 192.168.1.20 or "
            f"0.0.0.0 for all, got {text[:80]!r}"
        ) from None


def _absolute_bundles() -> None:
    """The folders of bundles as seen from any folder."""
    from aegen.bundles.discovery import VARIABLE

    if os.environ.get(VARIABLE):
        folders = os.environ[VARIABLE].split(os.pathsep)
        os.environ[VARIABLE] = os.pathsep.join(os.path.abspath(s) for s in folders if s)
