"""Streamlit's own server in this process, without its sockets: sessions that come and go."""

import asyncio
import threading

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime import Runtime, RuntimeConfig
from streamlit.runtime.caching.storage.dummy_cache_storage import MemoryCacheStorageManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.session_manager import SessionClient

from aegen.app.location import MAIN


class Browser(SessionClient):
    """The other end of a session: asks for pages and does not look at what comes."""

    def __init__(self, server):
        self._server = server
        self.session = server.call(self._connect)

    def _connect(self):
        return self._server.runtime.connect_session(self, {})

    def write_forward_msg(self, msg):
        pass

    def open(self, page, **link):
        """Ask for a page by its address, as a link or the sidebar does."""
        ask = BackMsg()
        ask.rerun_script.page_name = page
        ask.rerun_script.query_string = "&".join(f"{k}={v}" for k, v in link.items())
        self._server.call(lambda: self._server.runtime.handle_backmsg(self.session, ask))

    def close(self):
        """Lose the connection, as when the tab is closed."""
        self._server.call(lambda: self._server.runtime.disconnect_session(self.session))


class Server:
    """The app's server, while the ``with`` block lasts."""

    def __enter__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.runtime = Runtime(
            RuntimeConfig(
                script_path=str(MAIN),
                media_file_storage=MemoryMediaFileStorage("/media"),
                uploaded_file_manager=MemoryUploadedFileManager("/upload"),
                cache_storage_manager=MemoryCacheStorageManager(),
            )
        )
        asyncio.run_coroutine_threadsafe(self.runtime.start(), self._loop).result(60)
        return self

    def __exit__(self, *problem):
        self.runtime.stop()

        async def stopped():
            await self.runtime.stopped

        asyncio.run_coroutine_threadsafe(stopped(), self._loop).result(60)
        for thread in threading.enumerate():
            if thread.name == "ScriptRunner.scriptThread":
                thread.join(60)
        self.call(lambda: None)  # sessions close what was theirs when they heard of that
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)
        self._loop.close()
        Runtime._instance = None

    def browser(self):
        """A session of its own."""
        return Browser(self)

    def call(self, function):
        """Call it where the server runs, and give what it gives."""

        async def called():
            return function()

        return asyncio.run_coroutine_threadsafe(called(), self._loop).result(60)
