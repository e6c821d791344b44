"""The middleware before Streamlit: headers, a visitor's cookie, uploads, messages for all."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response

from aegen.app.server.upload_gate import FULL, Refused, gate
from aegen.app.server.visitor import COOKIE

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["HEADERS", "Guard"]

HEADERS = {
    "content-security-policy": "frame-ancestors 'self'",
    "x-frame-options": "SAMEORIGIN",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
}
"""No other site shows the app in a frame, guesses what a file is, or learns a page's link."""

STREAM, UPLOAD = "/_stcore/stream", "/_stcore/upload_file/"

FOR_ALL = ("clear_cache", "set_run_on_save", "load_git_info")
"""Messages of Streamlit's menu for developers, by which one visitor would disturb all."""


TABS = 64
"""Pages that one visitor has open at once, each of which costs memory."""


class Guard:
    """The middleware.

    Args:
        app: what stands behind it.
        tabs: pages of one visitor at once.
    """

    def __init__(self, app: ASGIApp, tabs: int = TABS) -> None:
        self._app, self._tabs = app, tabs
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        path = scope.get("path", "")
        if scope["type"] == "websocket" and path.endswith(STREAM):
            await self._tab(scope, receive, send)
        elif scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["method"] == "PUT" and UPLOAD in path:
            await self._upload(scope, receive, _marked(scope, send))
        else:
            await self._app(scope, receive, _marked(scope, send))

    async def _tab(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = HTTPConnection(scope)
        address = connection.client.host if connection.client else ""
        visitor = connection.cookies.get(COOKIE, address)
        if self._open[visitor] >= self._tabs:
            await send({"type": "websocket.close", "code": 1013})
            return
        self._open[visitor] += 1
        try:
            await self._app(scope, _without_messages_for_all(receive), send)
        finally:
            self._open -= Counter([visitor])

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        session = scope["path"].rpartition(UPLOAD)[2].partition("/")[0]
        try:
            size = int(HTTPConnection(scope).headers.get("content-length", ""))
        except ValueError:
            refusal = PlainTextResponse("a file must come with its length", 411)
            await refusal(scope, receive, send)
            return
        try:
            gate.admit(session, size, _held())
        except Refused as refused:
            await _refuse(refused, scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            gate.done(session, size)


async def _refuse(refused: Refused, scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse a file; where memory is full, as if it had come: the page runs then, and says so."""
    if refused.status != FULL:
        await PlainTextResponse(refused.sentence, refused.status)(scope, receive, send)
        return
    while (await receive()).get("more_body"):  # a browser hears nothing before it has sent all
        pass
    await Response(status_code=204)(scope, receive, send)


def _marked(scope: Scope, send: Send) -> Send:
    """Adds our headers to a response, and the cookie where a page is sent to who has none."""
    known = COOKIE in HTTPConnection(scope).cookies

    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(HEADERS)
            if not known and headers.get("content-type", "").startswith("text/html"):
                headers.append("set-cookie", _cookie(scope))
        await send(message)

    return marked


def _cookie(scope: Mapping[str, Any]) -> str:
    secure = "; Secure" if scope.get("scheme") == "https" else ""
    kept = "Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"
    return f"{COOKIE}={secrets.token_hex(16)}; {kept}{secure}"


def _without_messages_for_all(receive: Receive) -> Receive:
    """Leaves out messages by which one visitor would disturb all."""
    from streamlit.proto.BackMsg_pb2 import BackMsg

    async def passed() -> MutableMapping[str, Any]:
        while True:
            message = await receive()
            content = message.get("bytes")
            if message["type"] == "websocket.receive" and content:
                said = BackMsg()
                try:
                    said.ParseFromString(content)
                except Exception:  # Streamlit closes the connection
                    return message
                if said.WhichOneof("type") in FOR_ALL:
                    continue
            return message

    return passed


def _held() -> dict[str, int]:
    """Bytes of files that Streamlit holds in memory, by session."""
    from streamlit import runtime
    from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

    if not runtime.exists():
        return {}
    manager = runtime.get_instance().uploaded_file_mgr
    if not isinstance(manager, MemoryUploadedFileManager):
        return {}
    return {
        session: sum(len(file.data) for file in list(files.values()))
        for session, files in list(manager.file_storage.items())
    }
