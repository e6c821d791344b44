"""Addresses that lead elsewhere: the front page by its name, and what was its page before."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.responses import RedirectResponse

from aegen.app import navigation

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["Moved", "moved"]


class Moved:
    """The middleware that sends a link on to where its page is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the page's new address, or pass the request on."""
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            to = moved(scope["path"], scope["query_string"].decode("latin-1"), _base())
            if to is not None:
                await RedirectResponse(to)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def moved(path: str, query: str, base: str = "") -> str | None:
    """Where a link leads that names the front page by its name, or shows the map on it; else None.

    Args:
        path: of the request.
        query: what stands after its question mark.
        base: the path below which the app is served, without slashes at its ends.

    Example:
        >>> moved("/", "bundle=mnist&colour=class"), moved("/", "bundle=mnist&start.row=3")
        ('/latent-map?bundle=mnist&colour=class', None)
    """
    front = f"/{base}" if base else ""
    if path.rstrip("/") == f"{front}/{navigation.ENTRIES[0].address}":
        return f"{front}/?{query}" if query else f"{front}/"
    if path.rstrip("/") != front:
        return None
    names = [name for name, _ in parse_qsl(query, keep_blank_values=True)]
    if all(name.startswith("embed") for name in names) or any(
        name.startswith("start.") for name in names
    ):
        return None
    return f"{front}/latent-map?{query}"


def _base() -> str:
    import streamlit as st

    return str(st.get_option("server.baseUrlPath") or "").strip("/")
