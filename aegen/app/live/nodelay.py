"""No waiting for acknowledgements: Nagle's algorithm off for all connections to the server.

Streamlit binds its socket in a way that asyncio does not take for TCP, and so leaves the algorithm
on. A second reply, soon after a first, then waits up to 40 ms for the browser to acknowledge the
first. Connections inherit the option from the socket that listens, which is open before an
application's lifespan begins.
"""

from __future__ import annotations

import contextlib
import os
import socket
import stat
from collections.abc import AsyncIterator, Iterator
from typing import Any

__all__ = ["lifespan", "send_at_once"]


@contextlib.asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """The lifespan of an application whose replies are sent at once."""
    send_at_once()
    yield


def send_at_once() -> None:
    """Set ``TCP_NODELAY`` for what connects from now on to a port that this process listens at."""
    for listening in _listening():
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _listening() -> Iterator[socket.socket]:
    """The TCP sockets of this process that listen; on Windows they are not found."""
    if not os.path.isdir("/dev/fd"):
        return
    for name in os.listdir("/dev/fd"):
        with contextlib.suppress(OSError):  # closed meanwhile, as the folder itself is
            if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                with socket.socket(fileno=os.dup(int(name))) as found:
                    tcp = found.family in (socket.AF_INET, socket.AF_INET6)
                    if tcp and found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                        yield found
