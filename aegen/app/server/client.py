"""A tab of the app without a browser: Streamlit's own WebSocket protocol, and nothing drawn.

It holds what a browser would hold (widgets by label, what our components show, messages that are
sent once), so that twenty of them need hardly any of the processor that is being measured.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from aegen.core.errors import AegenError

if TYPE_CHECKING:
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from streamlit.proto.WidgetStates_pb2 import WidgetState
    from websockets.asyncio.client import ClientConnection

__all__ = ["PATIENCE", "Shown", "Tab", "tab"]

PATIENCE = 120.0
"""Seconds after which an answer is given up."""

FINISHED = 0, 3
"""A run of a whole page, and of a part of it, that came to its end."""


@dataclass(frozen=True)
class Shown:
    """An element of the page: its kind, the record itself, and the part of the page it is in."""

    kind: str
    element: Any
    part: str


@dataclass
class Tab:
    """A session of the app; `tab` opens one.

    Attributes:
        shown: the page's elements by their place.
        query: what the page's link holds, as the server last said.
        problems: what the pages showed as errors so far.
        session: what the server calls it.
    """

    socket: ClientConnection
    shown: dict[tuple[int, ...], Shown] = field(default_factory=dict)
    query: str = ""
    problems: list[str] = field(default_factory=list)
    page: str = ""
    session: str = ""
    _kept: dict[str, ForwardMsg] = field(default_factory=dict)

    async def open(self, page: str, **link: object) -> None:
        """Go to a page by its address, as a link does, or the browser's history on one page."""
        stepped = self.page == page and bool(self.shown)
        self.page, self.query = page, urlencode(link)
        await self._run("", (), stepped=stepped)

    async def click(self, label: str) -> None:
        """Press the button with this label."""
        found = self.widget("button", label)
        await self._act(found, trigger_value=True)

    async def put(self, kind: str, label: str, **value: Any) -> None:
        """Give a widget a value: ``put("number_input", "Seed", double_value=3)``."""
        await self._act(self.widget(kind, label), **value)

    async def tell(self, component: str, state: dict[str, Any]) -> None:
        """Set the state of a component of ours."""
        found = next(s for s in self._components() if s.element.component_name == component)
        await self._act(found, json_value=json.dumps(state))

    async def rest(self, seconds: float) -> None:
        """Do nothing, but take in what the page sends by itself."""
        end = asyncio.get_running_loop().time() + seconds
        while (left := end - asyncio.get_running_loop().time()) > 0:
            try:
                self._take(await asyncio.wait_for(self._heard(), left))
            except TimeoutError:
                return

    def widget(self, kind: str, label: str) -> Shown:
        """The widget with this label.

        Raises:
            AegenError: the page has none.
        """
        for shown in self.shown.values():
            if shown.kind == kind and shown.element.label == label:
                return shown
        raise AegenError(f"the page {self.page or 'start'} shows no {kind} named {label!r}")

    def data(self, component: str) -> Iterator[dict[str, Any]]:
        """What the page's components of this name show, as JSON holds it."""
        for shown in self._components():
            if shown.element.component_name == component:
                text = shown.element.json or shown.element.mixed.json
                if text:
                    yield json.loads(text)

    def text(self) -> str:
        """All of the page's sentences."""
        return "\n".join(s.element.body for s in self.shown.values() if s.kind == "markdown")

    def _components(self) -> Iterator[Shown]:
        return (shown for shown in self.shown.values() if shown.kind == "bidi_component")

    async def _act(self, shown: Shown, **value: Any) -> None:
        from streamlit.proto.WidgetStates_pb2 import WidgetState

        await self._run(shown.part, (WidgetState(id=shown.element.id, **value),))

    async def _run(
        self, part: str, states: tuple[WidgetState, ...], *, stepped: bool = False
    ) -> None:
        """Ask for a run and take in all that it sends, until it has come to its end."""
        from streamlit.proto.BackMsg_pb2 import BackMsg

        ask: BackMsg = BackMsg()
        run = ask.rerun_script
        run.query_string, run.page_name, run.fragment_id = self.query, self.page, part
        run.is_history_navigation = stepped
        run.widget_states.widgets.extend(states)
        run.cached_message_hashes.extend(self._kept)
        await self.socket.send(ask.SerializeToString())
        begun = False
        while True:
            message = await asyncio.wait_for(self._heard(), PATIENCE)
            kind = message.WhichOneof("type")
            begun = begun or kind == "new_session"
            self._take(message)
            if begun and kind == "script_finished" and message.script_finished in FINISHED:
                return

    async def _heard(self) -> ForwardMsg:
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        message = ForwardMsg()
        message.ParseFromString(await self.socket.recv())
        if message.WhichOneof("type") == "ref_hash":
            whole = ForwardMsg()
            whole.CopyFrom(self._kept[message.ref_hash])
            whole.metadata.CopyFrom(message.metadata)
            return whole
        if message.metadata.cacheable and message.hash:
            self._kept[message.hash] = message
        return message

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "new_session":
            self.session = message.new_session.initialize.session_id
            if not message.metadata.run.fragment_ids:
                self.shown.clear()
        elif kind == "delta":
            self._show(tuple(message.metadata.delta_path), message.delta)

    def _show(self, place: tuple[int, ...], delta: Any) -> None:
        if delta.WhichOneof("type") == "add_block":
            inside = [other for other in self.shown if other[: len(place)] == place]
            for other in inside:
                del self.shown[other]
        elif delta.WhichOneof("type") == "new_element":
            kind = delta.new_element.WhichOneof("type")
            element = getattr(delta.new_element, kind)
            self.shown[place] = Shown(kind, element, delta.fragment_id)
            if kind == "exception":
                self.problems.append(f"{element.type}: {element.message}")


def tab(address: str, headers: Mapping[str, str] | None = None) -> Any:
    """A context manager (async) that opens a `Tab` of the app at ``address``."""
    return _Opened(address, headers)


class _Opened:
    def __init__(self, address: str, headers: Mapping[str, str] | None) -> None:
        self._address, self._headers = address, headers
        self._connection: Any = None

    async def __aenter__(self) -> Tab:
        from websockets.asyncio.client import connect

        parts = urlsplit(self._address)
        self._connection = connect(
            f"ws://{parts.netloc}{parts.path}/_stcore/stream",
            subprotocols=["streamlit"],  # type: ignore[list-item]
            origin=f"{parts.scheme}://{parts.netloc}",  # type: ignore[arg-type]
            additional_headers=self._headers,
            max_size=None,
            compression=None,
            open_timeout=PATIENCE,
        )
        return Tab(await self._connection.__aenter__())

    async def __aexit__(self, *problem: object) -> None:
        await self._connection.__aexit__(*problem)
