"""`aegen bench app`: a real server, a real Chromium, and how long a person waits.

Every time is from the person's act (opening, clicking, letting go of the mouse) to the picture
that answers it being on screen, as the page tells: ``data-drawn`` of the map, the sentence of a
selection, ``data-shown`` of the pictures. `measure_live` counts the pictures that follow the hand.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from aegen.app.location import folder
from aegen.benchmarks.browser import chromium, served
from aegen.benchmarks.console import console, same_aegen, table
from aegen.core.errors import AegenError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

__all__ = ["Rate", "Timing", "measure", "measure_live", "report", "report_live"]

PATIENCE = 60_000
"""Milliseconds after which a wait is given up."""

FIRST = "start.row=0"
"""What a link of the Start page holds besides the bundle."""

SIGHT, MAP = ".aegen-ae[data-shown]", ".aegen-map[data-drawn]"
"""What is there once the Start page and the map are painted."""

MILLION = """
import numpy as np
import streamlit as st
from aegen.app.components.latent_map import latent_map, picture
from aegen.core.polygons import inside

@st.cache_resource
def points():
    draw = np.random.default_rng(0)
    centre = draw.integers(0, 10, 1_000_000)
    angle = 2 * np.pi * centre / 10
    spread = draw.standard_normal((1_000_000, 2))
    place = 4 * np.stack([np.cos(angle), np.sin(angle)], axis=1) + spread
    return place.astype(np.float32), centre

place, labels = points()
found = latent_map(
    picture(place, labels=labels, categories=[str(k) for k in range(10)]), key="million"
)
if found.polygon is not None:
    st.markdown(f"{int(inside(place, found.polygon).sum()):,} of {len(place):,} rows selected")
"""


@dataclass(frozen=True)
class Rate:
    """Pictures a second while something is dragged, and how late each was.

    Attributes:
        act: what was dragged, and by how many visitors at once.
        moves: moves of the mouse a second.
        pictures: pictures a second.
        seconds: from each move to the frame after its picture.
        target: pictures a second, at least.
    """

    act: str
    moves: float
    pictures: float
    seconds: tuple[float, ...]
    target: float

    @property
    def p95(self) -> float:
        """The 95th percentile of the latencies (nearest rank)."""
        return _p95(self.seconds)


@dataclass(frozen=True)
class Timing:
    """How long each repeat of one act took, and how long it should take at most."""

    act: str
    seconds: tuple[float, ...]
    target: float

    @property
    def p95(self) -> float:
        """The 95th percentile (nearest rank)."""
        return _p95(self.seconds)


def _p95(seconds: tuple[float, ...]) -> float:
    return sorted(seconds)[math.ceil(0.95 * len(seconds)) - 1] if seconds else math.inf


def measure(
    bundle: str = "mnist", rounds: int = 20, pictures: Path | None = None
) -> Iterator[Timing]:
    """Drive the app and give back each figure as it is measured; quick acts ``rounds`` times.

    Raises:
        BrowserMissing: no Chromium or Playwright.
        AegenError: the app did not answer.
    """
    with chromium() as browser:
        start = time.perf_counter()
        with (
            served(folder() / "app.py") as address,
            opened(browser, f"{address}/?bundle={bundle}&{FIRST}") as page,
        ):
            page.wait_for_selector(SIGHT)
            yield Timing("first page, from a cold start", (time.perf_counter() - start,), 12.0)
            _keep(page, pictures, "start")
            several = max(3, rounds // 4)
            link = f"{address}/?bundle={bundle}&{FIRST}"
            yield _openings("first page, warm server", browser, link, several, 5.0, SIGHT)
            link = f"{address}/latent-map?bundle={bundle}"
            yield _openings("latent map", browser, link, several, 5.0)
            with opened(browser, link) as map_page:
                drawn(map_page)
                _keep(map_page, pictures, "latent-map")
                yield Timing("lasso on the map", tuple(_lassoes(map_page, rounds)), 1.0)
                _keep(map_page, pictures, "lasso")
            seeds = tuple(_seeds(browser, address, bundle, rounds, pictures))
            yield Timing("new seed, 64 pictures", seeds, 0.4)
        yield from _comparisons(browser, bundle, pictures)
        yield from _million(browser, rounds, pictures)


def report(bundle: str = "mnist", rounds: int = 20, pictures: Path | None = None) -> None:
    """Print what `measure` finds as a table."""
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
    found = table("act", "median", "95th percentile", "worst", "target", "repeats")
    for timing in measure(bundle, rounds, pictures):
        found.add_row(
            timing.act,
            f"{median(timing.seconds):.2f} s",
            f"{timing.p95:.2f} s",
            f"{max(timing.seconds):.2f} s",
            f"{timing.target:g} s",
            str(len(timing.seconds)),
        )
    console().print(found)
    report_live(bundle)


def report_live(bundle: str = "mnist") -> None:
    """Print how pictures follow the hand, alone and while a second visitor drags too."""
    found = table("while this is dragged", "pictures", "target", "median", "p95", "moves")
    for rate in measure_live(bundle):
        found.add_row(
            rate.act,
            f"{rate.pictures:.0f} /s",
            f"{rate.target:g} /s",
            f"{1000 * median(rate.seconds or (math.inf,)):.0f} ms",
            f"{1000 * rate.p95:.0f} ms",
            f"{rate.moves:.0f} /s",
        )
    console().print(found)


DRAGGED = 5.0
"""Seconds for which something is dragged."""

LIVE_TARGETS = {"mnist": (30, 30, 15)}
"""Pictures a second, at least, by bundle: slider, map, smoothing; others are larger pictures."""


def measure_live(bundle: str = "mnist") -> Iterator[Rate]:
    """Pictures a second and move-to-picture latency of the live channel.

    A slider of Traverse, the pointer on the map, and the smoothing slider with 16 pictures; each
    alone, and once more while a second visitor, in a browser of its own, drags a slider of
    Traverse all the time.

    Raises:
        BrowserMissing: no Chromium or Playwright.
        AegenError: the app did not answer.
    """
    copula = "sampler=empirical-beta-copula"  # which has a smoothing
    smoothing = f"sample?bundle={bundle}&{copula}&sample.n=16"
    acts = (
        ("Traverse slider", f"traverse?bundle={bundle}", ".aegen-live", _track),
        ("pointer on the map", f"latent-map?bundle={bundle}", ".aegen-map", _map),
        ("smoothing, 16 pictures", smoothing, ".aegen-grid", _track),
    )
    targets = LIVE_TARGETS.get(bundle, (20, 20, 8))
    with served(folder() / "app.py") as address, chromium() as browser:
        for (act, link, root, place), target in zip(acts, targets, strict=True):
            with opened(browser, f"{address}/{link}") as page:
                yield _dragged(act, page, root, place, target)
                with _second_visitor(f"{address}/traverse?bundle={bundle}"):
                    yield _dragged(f"{act}, second visitor", page, root, place, target / 2)


Place = tuple[float, float, float, float]
"""Left, top, width and height of what the mouse moves in."""


def _track(page: Page) -> Place:
    """The track of the page's first slider, with the mouse down on it."""
    track = page.locator('[data-testid="stSlider"] div[role="group"] > div').first
    track.scroll_into_view_if_needed()
    box = track.bounding_box()
    assert box is not None
    left, width = box["x"] + 0.02 * box["width"], 0.96 * box["width"]
    page.mouse.move(left + width / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    return left, box["y"] + box["height"] / 2, width, 0.0


def _map(page: Page) -> Place:
    """The middle of the map, with the tool that looks."""
    drawn(page)
    page.locator(".aegen-map-tool.is-look").click()
    box = page.locator(".aegen-map-over").bounding_box()
    assert box is not None
    left, top = box["x"] + 0.2 * box["width"], box["y"] + 0.2 * box["height"]
    return left, top, 0.6 * box["width"], 0.6 * box["height"]


def _dragged(
    act: str, page: Page, root: str, place: Callable[[Page], Place], target: float
) -> Rate:
    """Moves the mouse through a place for some seconds, and asks the page what was painted."""
    page.wait_for_selector(root)
    live = "globalThis[Symbol.for('aegen.live')]"
    page.wait_for_function(f"{live}?.state === 'open'")
    page.wait_for_timeout(4000)  # what a page begins with is measured elsewhere
    left, top, width, height = place(page)
    page.evaluate(f"{live}.painted.length = 0")
    start, moves = time.perf_counter(), 0
    while time.perf_counter() - start < DRAGGED:
        moves += 1
        across, down = 0.5 + 0.5 * math.sin(moves / 9), 0.5 + 0.5 * math.cos(moves / 13)
        page.mouse.move(left + across * width, top + down * height)
    painted = page.evaluate(f"{live}.painted")
    seconds = tuple(picture["ms"] / 1000 for picture in painted)
    page.mouse.up()
    return Rate(act, moves / DRAGGED, len(seconds) / DRAGGED, seconds, target)


VISITOR = """
import sys, time
from aegen.benchmarks import app
from aegen.benchmarks.browser import chromium
with chromium() as browser, app.opened(browser, sys.argv[1]) as page:
    page.wait_for_selector(".aegen-live[data-shown]")
    left, top, width, _ = app._track(page)
    print("ready", flush=True)
    for k in range(10**6):
        page.mouse.move(left + width * (0.5 + 0.45 * app.math.sin(k / 9)), top)
"""
"""A visitor who drags a slider without end, in a process and a browser of their own."""


@contextmanager
def _second_visitor(link: str) -> Iterator[None]:
    command = [sys.executable, "-c", VISITOR, link]
    environment = {**os.environ, **same_aegen()}
    visitor = subprocess.Popen(
        command, stdout=subprocess.PIPE, env=environment, start_new_session=True
    )
    try:
        assert visitor.stdout is not None
        if visitor.stdout.readline() != b"ready\n":
            raise AegenError("the second visitor could not open the page")
        yield
    finally:
        visitor.terminate()
        visitor.wait()


def _openings(
    act: str, browser: Browser, link: str, rounds: int, target: float, picture: str = MAP
) -> Timing:
    """Seconds from opening ``link`` to its picture being drawn."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        with opened(browser, link) as page:
            page.wait_for_selector(picture)
            times.append(time.perf_counter() - start)
    return Timing(act, tuple(times), target)


@contextmanager
def opened(browser: Browser, address: str) -> Iterator[Page]:
    """A page of its own (no cache, no cookies shared) at ``address``."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    try:
        page.goto(address, wait_until="commit")
        yield page
    finally:
        context.close()


def drawn(page: Page) -> Locator:
    """The map, once all its points are painted."""
    page.wait_for_selector(MAP)
    return page.locator(".aegen-map").first


def lasso(page: Page, *, centre: tuple[float, float], radius: float) -> None:
    """Draw a circle around a place of the map, both as shares of its size; mouse still down."""
    box = page.locator(".aegen-map canvas").first.bounding_box()
    if box is None:
        raise AegenError("the map has no canvas: this Chromium has no WebGL")
    middle = (box["x"] + centre[0] * box["width"], box["y"] + centre[1] * box["height"])
    reach = radius * min(box["width"], box["height"])
    places = [
        (middle[0] + reach * math.cos(t / 4), middle[1] + reach * math.sin(t / 4))
        for t in range(26)
    ]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place)


def _lassoes(page: Page, rounds: int) -> Iterator[float]:
    """Seconds from letting go to a new "N of M rows selected"."""
    page.locator(".aegen-map-tool.is-lasso").first.click()
    for k in range(rounds):
        before = _selected(page)
        centre = (0.4 + 0.2 * (k % 3) / 2, 0.4 + 0.2 * (k % 2))
        lasso(page, centre=centre, radius=0.06 + 0.02 * (k % 5))
        start = time.perf_counter()
        page.mouse.up()
        deadline = start + PATIENCE / 1000
        while _selected(page) in ("", before):
            if time.perf_counter() > deadline:
                raise AegenError("the app did not answer within a minute")
            time.sleep(0.005)
        yield time.perf_counter() - start
        page.wait_for_timeout(400)


def _selected(page: Page) -> str:
    """The sentence that says how many rows are selected, or nothing."""
    found = page.get_by_text("rows selected")
    return found.first.inner_text() if found.count() else ""


def _seeds(
    browser: Browser, address: str, bundle: str, rounds: int, pictures: Path | None
) -> Iterator[float]:
    """Seconds from clicking the new seed to another grid of pictures on screen."""
    link = f"{address}/sample?bundle={bundle}&sampler=empirical-beta-copula&sample.n=64"
    with opened(browser, link) as page:
        grid = page.locator(".aegen-grid[data-shown]").first
        grid.wait_for()
        page.wait_for_timeout(5000)  # the first draw also loads what later ones find loaded
        _keep(page, pictures, "sample")
        for _ in range(rounds):
            before = grid.get_attribute("data-shown")
            button = page.get_by_role("button", name="New pictures")
            start = time.perf_counter()
            button.click()
            page.wait_for_function(
                """before => ![undefined, before].includes(
                    document.querySelector(".aegen-grid")?.dataset.shown)""",
                arg=before,
                polling=5,
            )
            yield time.perf_counter() - start
            page.wait_for_timeout(300)


def _comparisons(browser: Browser, bundle: str, pictures: Path | None) -> Iterator[Timing]:
    """Seconds from opening Compare, of which nothing is kept, to pictures and to all figures."""
    shown, measured = [], []
    with (
        tempfile.TemporaryDirectory() as kept,
        served(folder() / "app.py", environment={"AEGEN_CACHE": kept}) as address,
    ):
        with opened(browser, f"{address}/sample?bundle={bundle}") as page:
            page.locator(".aegen-grid[data-shown]").first.wait_for()
            page.wait_for_timeout(5000)  # a server that has just begun is measured above
        for seed in range(3):
            start = time.perf_counter()
            with opened(browser, f"{address}/compare?bundle={bundle}&compare.seed={seed}") as page:
                page.set_default_timeout(5 * PATIENCE)
                page.locator(".aegen-grid[data-shown]").first.wait_for()
                shown.append(time.perf_counter() - start)
                page.get_by_text("draws of each against").wait_for()
                measured.append(time.perf_counter() - start)
                _keep(page, pictures, "compare")
    yield Timing("first pictures of Compare", tuple(shown), 3.0)
    yield Timing("all figures of Compare", tuple(measured), 20.0)


def _million(browser: Browser, rounds: int, pictures: Path | None) -> Iterator[Timing]:
    """The map component alone, on a million rows."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "million.py"
        script.write_text(MILLION, encoding="utf-8")
        with served(script) as address:
            with opened(browser, address) as page:
                drawn(page)  # makes the points, which are kept
            yield _openings("1,000,000 rows drawn", browser, address, 3, 4.0)
            with opened(browser, address) as page:
                drawn(page)
                lassoes = tuple(_lassoes(page, max(3, rounds // 4)))
                yield Timing("lasso on 1,000,000 rows", lassoes, 2.0)
                _keep(page, pictures, "million")


def _keep(page: Page, folder: Path | None, name: str) -> None:
    if folder is not None:
        page.screenshot(path=folder / f"{name}.png")
