"""A real Streamlit server and a real Chromium, for benchmarks and browser tests.

Needs Playwright (``pip install 'aegen[test]'``) and a Chromium on the system; nothing is fetched.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aegen.benchmarks.console import same_aegen
from aegen.core.errors import AegenError

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = [
    "FLAGS",
    "BrowserMissing",
    "chromium",
    "find_chromium",
    "free_port",
    "served",
    "serving",
]

START = 90.0
"""Seconds that a server may take before it is given up."""

_UNUSED = (
    # a process in reserve for the next page, and two pages behind the address bar
    "SpareRendererForSitePerProcess",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxPopup",
    # Playwright's own list gives way to this one, so what it has for good reasons stands here too
    "AimEnabled",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "HttpsUpgrades",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
)

FLAGS = (
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-gpu-compositing",  # WebGL in software is for canvases: for whole pages it is slow
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    f"--disable-features={','.join(_UNUSED)}",
)
"""Software WebGL, and nothing of a desktop browser that the page does not need."""


class BrowserMissing(AegenError):
    """There is no Chromium, or no Playwright, to drive the app with."""


def find_chromium() -> str | None:
    """The path of a Chromium or Chrome on this system, or None."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for name in names if (path := shutil.which(name))), None)


@contextlib.contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """A headless Chromium with software WebGL; ``flags`` are added to its command line.

    Raises:
        BrowserMissing: Chromium or Playwright is not installed.
    """
    path = find_chromium()
    if path is None:
        raise BrowserMissing("no Chromium was found: install it (Debian: apt install chromium)")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise BrowserMissing("Playwright is not installed: pip install 'aegen[test]'") from None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*FLAGS, *flags])
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def served(
    script: Path,
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Iterator[str]:
    """The address of a fresh Streamlit server that runs ``script`` from its folder.

    Args:
        script: the app's script.
        environment: variables to add.
        folder: working folder, whose ``.streamlit/config.toml`` counts; the script's by default.

    Raises:
        AegenError: the server did not come up; the message ends with what it printed.
    """
    port = free_port()
    options = {
        "server.port": str(port),
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
    }
    words = [f"--{name}={value}" for name, value in options.items()]
    run = ["streamlit", "run", str(script), *words]
    address = f"http://127.0.0.1:{port}"
    with serving(run, address, folder or script.parent, environment):
        yield address


@contextlib.contextmanager
def serving(
    words: Sequence[str],
    address: str,
    folder: Path,
    environment: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """A server of the app as long as the block lasts, from when it answers.

    Args:
        words: the module that is run, and what it is told, which says where it serves.
        address: where that is, as ``http://127.0.0.1:8501/base``.
        folder: working folder.
        environment: variables to add.

    Raises:
        AegenError: the server did not come up; the message ends with what it printed.
    """
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *words],
            cwd=folder,
            env={**os.environ, **same_aegen(), **(environment or {})},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            if not _healthy(address, process):
                log.seek(0)
                said = log.read().decode(errors="replace")[-2000:]
                raise AegenError(f"no server came up at {address} ({' '.join(words)}): {said}")
            yield
        finally:
            # Nothing is lost: files are written beside and renamed, jobs end with their server.
            process.kill()
            process.wait()


def free_port() -> int:
    """A port of this computer at which nothing listens.

    Example:
        >>> 1024 <= free_port() < 2**16
        True
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _healthy(address: str, process: subprocess.Popen[bytes]) -> bool:
    """Whether the server answers before it ends or its time is up."""
    deadline = time.monotonic() + START
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
            return True
        time.sleep(0.02)
    return False
