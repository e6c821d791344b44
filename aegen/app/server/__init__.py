"""The app as a server that others may reach: what is shared, who asks, what may come in.

sharing      how far the app is shared, and its limits; read once
visitor      who a visitor is: by login, by what a proxy says, or by a cookie
upload_gate  which files may come in, and how much memory they may hold
guard        the middleware: headers, the cookie, uploads, messages that concern all visitors
moved        links whose page has another address now
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from starlette.middleware import Middleware

from aegen.app.server.guard import Guard
from aegen.app.server.moved import Moved
from aegen.app.server.sharing import sharing
from aegen.core.errors import AegenError

__all__ = ["lifespan", "middleware", "stay_inside"]


@contextlib.asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """The lifespan of the app; what pages need is loaded before they come."""
    from aegen.app import live
    from aegen.app.services import warmup

    warmup.load()
    async with live.lifespan(app):
        if sharing().shared:
            warmup.begin()
        yield


def middleware() -> list[Middleware]:
    """What stands before Streamlit's own server."""
    return [Middleware(Guard), Middleware(Moved)]


def stay_inside() -> None:
    """Keep Streamlit from asking the network for this machine's own address.

    It would ask a service outside for it at each start with ``--server.headless``, and each time
    that a page of another host knocks, which holds up all visitors for two seconds.

    Raises:
        SystemExit: how far the app is shared cannot be read; it says why.
    """
    from streamlit import net_util

    try:
        sharing()
    except AegenError as problem:
        raise SystemExit(f"aegen: {problem}") from None
    net_util._internal_ip = net_util._external_ip = "127.0.0.1"
