"""The WebSocket of the live channel: the newest request wins, and nothing queues up."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from aegen.app import login
from aegen.app.live.answers import answer
from aegen.app.live.messages import Request, request
from aegen.app.server.sharing import sharing
from aegen.app.server.visitor import COOKIE
from aegen.core.errors import AegenError

__all__ = ["ADDRESS", "routes"]

ADDRESS = "aegen/live"
"""Where the channel is, below the app's own address."""

CLIENTS = 64
"""Channels that are open at once."""

LANES = 16
"""Requests of one client that may wait, one a lane."""

AT_ONCE = 2
"""Requests of one client at work at once: what reads a picture must not hold up the next one."""

BURST = 2.0
"""Seconds' worth of messages that may come at once."""

OF_ONE = 16
"""Channels of one visitor, as far as a visitor is known: tabs of a browser."""

PATIENCE = 10.0
"""Seconds in which a client must read a reply."""

WORKERS = max(2, min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2))
"""Pictures made at the same time: two also where there is one core, so that a slow one holds up no
other."""

_pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="aegen-live")
_open: set[Channel] = set()
_log = logging.getLogger(__name__)


def routes(messages: int | None = None) -> list[BaseRoute]:
    """The channel's routes, also below whatever path the server or a proxy puts before it.

    Args:
        messages: that a client may send a second; by default as `aegen.app.server.sharing` says.
    """

    async def serve(socket: WebSocket) -> None:
        await _serve(socket, Rate(messages or sharing().live_messages))

    return [WebSocketRoute(path, serve) for path in (f"/{ADDRESS}", f"/{{base:path}}/{ADDRESS}")]


def allowed(socket: WebSocket) -> bool:
    """Whether Streamlit would open its own WebSocket to this page: same host, or one allowed."""
    from streamlit.web.server.server_util import is_url_from_allowed_origins
    from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

    host, origin = socket.headers.get("host"), socket.headers.get("origin")
    if not is_host_allowed(host):
        return False
    return origin is None or urlsplit(origin).netloc == host or is_url_from_allowed_origins(origin)


async def _serve(socket: WebSocket, rate: Rate) -> None:
    if not allowed(socket) or not login.is_logged_in(socket):
        await socket.close(1008)
        return
    visitor = socket.cookies.get(COOKIE)
    same = sum(1 for other in _open if visitor and other.visitor == visitor)
    if len(_open) >= CLIENTS or same >= OF_ONE:
        await socket.close(1013)
        return
    await socket.accept()
    channel = Channel(socket, rate, visitor)
    _open.add(channel)
    try:
        await channel.run()
    finally:
        _open.discard(channel)


class Channel:
    """The channel of one browser tab: what waits and what is at work, by lane."""

    def __init__(self, socket: WebSocket, rate: Rate, visitor: str | None) -> None:
        self.socket, self.rate, self.visitor = socket, rate, visitor
        self.waiting: dict[str, Request] = {}
        self.busy: set[str] = set()
        self.news = asyncio.Event()

    async def run(self) -> None:
        """Answer until the client leaves, or is dropped because it does not read."""
        reading = asyncio.create_task(self._read())
        tasks = [reading, *(asyncio.create_task(self._answer()) for _ in range(AT_ONCE))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect):
                    await task

    async def _read(self) -> None:
        while True:
            message = await self.socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            asked = request(message.get("text"))
            if asked.lane not in self.waiting and len(self.waiting) >= LANES:
                asked = Request(asked.id, "", None, f"at most {LANES} requests may wait at once")
            self.waiting[asked.lane] = asked  # where an older one was, so no lane starves another
            self.news.set()
            await asyncio.sleep(self.rate.pause(time.monotonic()))

    async def _answer(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            lane = next((lane for lane in self.waiting if lane not in self.busy), None)
            if lane is None:
                self.news.clear()
                await self.news.wait()
                continue
            asked = self.waiting.pop(lane)
            self.busy.add(lane)
            said: str | bytes
            if asked.ask is None:
                said = _refusal(asked, asked.problem)
            else:
                said = await loop.run_in_executor(_pool, _answered, asked)
            try:
                await asyncio.wait_for(self._send(said), PATIENCE)
            except TimeoutError:
                return
            self.busy.remove(lane)
            self.news.set()

    async def _send(self, said: str | bytes) -> None:
        if isinstance(said, bytes):
            await self.socket.send_bytes(said)
        else:
            await self.socket.send_text(said)


class Rate:
    """How long to wait before the next message is read, so that not too many are.

    What is not read waits in the client's own network; a newer one in its place is no loss.

    Example:
        >>> rate = Rate(10)
        >>> [rate.pause(0.0) for _ in range(21)][-1]
        0.1
    """

    def __init__(self, most: float) -> None:
        self._each, self._next = 1 / most, -BURST

    def pause(self, now: float) -> float:
        """Seconds to wait after a message that came ``now``."""
        self._next = max(self._next, now - BURST) + self._each
        return round(max(0.0, self._next - now), 6)


def _answered(asked: Request) -> str | bytes:
    try:
        return answer(asked)
    except AegenError as problem:
        return _refusal(asked, str(problem))
    except Exception:  # a defect of ours ends one picture, not the channel
        _log.exception("the live channel could not answer %r", asked)
        return _refusal(asked, "this picture cannot be made: the server's log says why")


def _refusal(asked: Request, problem: str) -> str:
    return json.dumps({"id": asked.id, "lane": asked.lane, "problem": problem})
