"""Who a visitor is: the same in all tabs of a browser, and after a page is loaded anew.

By login where there is one (Streamlit's OIDC, or a header of a proxy that Streamlit was told to
trust), else by a random cookie. Only what belongs to a visitor is decided by it (whose job it is,
whose turn, whose files), never whether somebody may come in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["COOKIE", "is_outside", "known_as"]

COOKIE = "aegen_visitor"

NAMES = ("sub", "email", "name")
"""What a login calls a person, the surest first."""

HERE = ("localhost", "127.0.0.1", "[::1]")
"""Names of this computer for itself."""

PASSED_ON = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
"""Headers that tell of a proxy between, which may stand on this computer."""


def known_as(user: Mapping[str, Any], cookies: Mapping[str, str], trusted: bool) -> str | None:
    """The visitor's name; None where nothing tells it.

    Args:
        user: what Streamlit knows of the person.
        cookies: of the browser.
        trusted: whether a proxy vouches for ``user``; else a login must.

    Example:
        >>> known_as({"is_logged_in": True, "email": "ann@lab.org"}, {COOKIE: "f3"}, False)
        'email ann@lab.org'
        >>> known_as({"email": "ann@lab.org"}, {COOKIE: "f3"}, False)
        'cookie f3'
    """
    if trusted or user.get("is_logged_in"):
        for field in NAMES:
            if user.get(field):
                return f"{field} {user[field]}"
    cookie = cookies.get(COOKIE)
    return f"cookie {cookie[:64]}" if cookie else None


def is_outside(headers: Mapping[str, str]) -> bool:
    """Whether the browser does not ask this computer by one of its names for itself.

    Then a proxy stands between, or another site's name was pointed here.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    host = lower.get("host", HERE[0])
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return name not in HERE or any(header in lower for header in PASSED_ON)
