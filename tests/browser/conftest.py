"""A real Chromium against a real server: what every browser test needs.

``serve(script)`` starts Streamlit and gives a ``Server``; ``visit(url)`` opens a page in a context
of its own. A console error or an uncaught one fails the test that caused it; a failed test leaves
screenshots in ``runs/screenshots``.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "runs" / "screenshots"
NAMES = ("chromium", "chromium-browser", "google-chrome")
# Software GL, so that WebGL works on machines without a graphics card.
FLAGS = (
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
)
FAILED = pytest.StashKey[bool]()


@dataclass
class Server:
    """A Streamlit server of its own process."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def stop(self):
        """Ends the server; a second call does nothing."""
        self.process.terminate()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass
class Visits:
    """The contexts that one test has opened, and what their consoles complained of."""

    chromium: object
    contexts: list = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __call__(self, url, *, width=1400, height=900, dark=False, touch=False):
        """A page at ``url``, without what any other page has stored."""
        context = self.chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            has_touch=touch,
        )
        self.contexts.append(context)
        page = context.new_page()
        # Generous: a slow machine is no failure, and what is there is found at once.
        page.set_default_timeout(90_000)
        page.on("console", lambda said: said.type == "error" and self.errors.append(said.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(url)
        return page


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(script, cwd, log, options=()):
    """A server of ``script``, once it answers."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    settings = {
        "server.port": port,
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
    }
    for name, value in settings.items():
        command += [f"--{name}", str(value)]
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, *options], cwd=cwd, env=environment, stdout=out, stderr=subprocess.STDOUT
        )
    server = Server(process, f"http://127.0.0.1:{port}", log)
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return server
        except OSError:
            time.sleep(0.05)
    server.stop()
    raise RuntimeError(f"the server of {script} did not start:\n{log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def serve(tmp_path_factory):
    """A function that starts a server: serve(script, cwd=the project, *more options)."""
    servers = []

    def begin(script, cwd=ROOT, *options):
        log = tmp_path_factory.mktemp("server") / "log.txt"
        servers.append(start(script, cwd, log, options))
        return servers[-1]

    yield begin
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def chromium_path():
    """Where Chromium is; without one browser tests skip, but fail where CI is set."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        reason = f"no Chromium found (looked for {', '.join(NAMES)}): install Debian's chromium"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path


@pytest.fixture(scope="session")
def playwright():
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright, chromium_path):
    """The one browser of the session."""
    browser = playwright.chromium.launch(executable_path=chromium_path, args=list(FLAGS))
    yield browser
    browser.close()


@pytest.fixture
def visit(chromium, request):
    """A function that opens a page: visit(url, width=..., height=..., dark=..., touch=...).

    ``visit.errors`` holds the console's errors; a test that expects some clears it.
    """
    visits = Visits(chromium)
    yield visits
    name = re.sub(r"\W+", "-", request.node.name)
    for number, context in enumerate(visits.contexts):
        if request.node.stash.get(FAILED, False):
            SCREENSHOTS.mkdir(parents=True, exist_ok=True)
            for page in context.pages:
                page.screenshot(path=SCREENSHOTS / f"{name}-{number}.png")
        context.close()
    assert not visits.errors, "\n".join(visits.errors)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if call.when == "call":
        item.stash[FAILED] = report.failed
    return report
