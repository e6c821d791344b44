"""A real Chromium against a real server: what every browser test needs.

``serve(script)`` starts Streamlit and gives a ``Server``; ``visit(url)`` opens a page in a context
of its own. A console error or an uncaught one fails the test that caused it; a failed test leaves
screenshots in ``runs/screenshots``.
"""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aegen.benchmarks.browser import FLAGS, find_chromium, served

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "runs" / "screenshots"
FAILED = pytest.StashKey[bool]()


class Server:
    """A Streamlit server of its own process."""

    def __init__(self, script, cwd, environment):
        self._open = contextlib.ExitStack()
        start = served(Path(script), folder=cwd, environment=environment)
        self.url = self._open.enter_context(start)

    def stop(self):
        """Ends the server; a second call does nothing."""
        self._open.close()


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
        page.on("console", self.hear)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(url)
        return page

    def leave(self):
        """Closes what is open: a page that still loads complains when its server goes."""
        while self.contexts:
            self.contexts.pop().close()

    def hear(self, said):
        """Notes an error, but for two that are none.

        To a server's first visitor by deep link Streamlit seeks its server below the page, and
        takes the page itself for missing. A script that serves no live channel refuses it;
        ``test_live.py`` sees that the app's own is there.
        """
        line = f"{said.text} {said.location.get('url', '')}"
        early = "/_stcore/" in line or "does not seem to exist" in line
        refused = "/aegen/live" in line and "handshake" in line
        if said.type == "error" and not early and not refused:
            self.errors.append(line)


@pytest.fixture(scope="module")
def serve(tmp_path_factory):
    """A function that starts a server: serve(script, cwd=the project, VARIABLE=...).

    What servers keep on disk goes into a folder of the test run.
    """
    servers = []
    kept = str(tmp_path_factory.mktemp("kept"))

    def begin(script, cwd=ROOT, **environment):
        servers.append(Server(script, cwd, {"AEGEN_CACHE": kept, **environment}))
        return servers[-1]

    yield begin
    for server in servers:
        server.stop()


def missing(reason):
    """Browser tests skip where they cannot run, but fail where CI is set."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium_path():
    """Where Chromium is."""
    return find_chromium() or missing("no Chromium found: install Debian's package chromium")


@pytest.fixture(scope="module")
def playwright():
    """Ended with each file: while it runs, no other test can use asyncio in this thread."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("no Playwright found: pip install 'aegen[test]'")
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def chromium(playwright, chromium_path):
    """The one browser of a file."""
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
