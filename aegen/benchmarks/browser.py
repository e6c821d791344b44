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
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from aegen.benchmarks.console import same_aegen
from aegen.core.errors import AegenError

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["FLAGS", "BrowserMissing", "chromium", "find_chromium", "served"]

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
    port = _free_port()
    options = {
        "server.port": str(port),
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
    }
    words = [f"--{name}={value}" for name, value in options.items()]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", str(script), *words],
            cwd=folder or script.parent,
            env={**os.environ, **same_aegen(), **(environment or {})},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            if not _healthy(address, process):
                log.seek(0)
                said = log.read().decode(errors="replace")[-2000:]
                raise AegenError(f"the server for {script} did not come up: {said}")
            yield address
        finally:
            # Nothing is lost: files are written beside and renamed, jobs end with their server.
            process.kill()
            process.wait()


def _free_port() -> int:
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
