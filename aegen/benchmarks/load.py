"""Many visitors at once: how long each waits, whether one sees another's state, what memory does.

A real server in a process of its own, and visitors who speak Streamlit's protocol (see
`aegen.app.server.client`). Each does light acts with a pause for thought between them: a new seed,
another choice, a lasso. One of them also fits a slow model now and then. Every visitor checks that
what comes is its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np

from aegen.app.location import folder
from aegen.app.server.client import Tab, tab
from aegen.benchmarks.browser import served
from aegen.benchmarks.console import console, table
from aegen.bundles import read
from aegen.core.arrays import FloatArray
from aegen.core.errors import AegenError

__all__ = ["Load", "Place", "Visitor", "measure", "report", "visits"]

THINK = 2.0, 4.0
"""Seconds between two acts of a visitor, evenly."""

HEAVY_EVERY = 30.0
"""Seconds between two slow fits of the one visitor who asks for them."""

HEAVY_LASTS = 12.0
"""Seconds for which that visitor watches such a fit, before going on with light acts."""

EARLY = 60.0
"""Seconds after which memory is looked at first, or a quarter of a shorter measurement."""


@dataclass
class Load:
    """What came of it.

    Attributes:
        seconds: how long each act took, by kind of act.
        errors: what went wrong, a sentence each.
        crossed: where a visitor was shown another's state, a sentence each.
        memory: megabytes that the server held: early, and at the end.
        busy: the machine's load average at the end.
    """

    seconds: dict[str, list[float]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    crossed: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    busy: float = 0.0

    @property
    def light(self) -> list[float]:
        """Seconds of all light acts."""
        return [each for kind, some in self.seconds.items() if kind != "open" for each in some]


@dataclass(frozen=True)
class Place:
    """The bundle, and where its rows lie on its map, (n, 2)."""

    bundle: str
    points: FloatArray


class Visitor:
    """One visitor, on the page Sample or on the map, with seeds and places of its own."""

    def __init__(self, number: int, page: Tab, place: Place, load: Load, seen: dict[str, str]):
        self.page, self.load, self.seen = page, load, seen
        self.bundle, self.points = place.bundle, place.points
        self.outline: list[list[float]] = []
        self.name = f"visitor {number}"
        self.rng = np.random.default_rng(number)
        self.seed = 1000 * number
        self.pictures = 64
        self.turn = number  # so that not all do the same at the same time

    async def _sample(self) -> None:
        await self.page.open(
            "sample",
            bundle=self.bundle,
            sampler="empirical-beta-copula",
            **{"sample.n": self.pictures, "sample.seed": self.seed},
        )

    async def _new_seed(self) -> None:
        self.seed += 1
        await self.page.click("New pictures")

    async def _choice(self) -> None:
        self.pictures = int(self.rng.choice([n for n in (16, 36, 64, 100) if n != self.pictures]))
        await self.page.put("number_input", "Pictures", double_value=self.pictures)

    async def _map(self) -> None:
        await self.page.open("latent-map", bundle=self.bundle)

    async def _lasso(self) -> None:
        parts = {part["part"]: part for part in self.page.data("aegen.part")}
        spec = parts["spec"]["spec"]
        turns = np.arange(9) / 9 * 2 * math.pi
        radius = self.rng.uniform(0.03, 0.15) * np.ptp(self.points, axis=0).max()
        outline = radius * np.column_stack([np.cos(turns), np.sin(turns)])
        outline += self.points[self.rng.integers(len(self.points))]
        self.outline = [[float(f"{v:.6g}") for v in corner] for corner in outline]
        points = spec["parts"]["points"]
        selection = {"token": spec["token"], "polygon": self.outline, "pinned": None}
        await self.page.tell(
            "aegen.latent_map", {"selection": {**selection, "points": points, "hidden": []}}
        )

    def check_sample(self) -> None:
        """The pictures are those of this visitor's seed and number, and nobody else's."""
        wanted = {f"sample.seed={self.seed}"}
        if self.pictures != 64:
            wanted.add(f"sample.n={self.pictures}")
        self._expect(wanted <= set(self.page.query.split("&")), f"the link {self.page.query}")
        shown = [data for data in self.page.data("aegen.image_grid") if data["n"] > 1]
        mark = shown[0]["mark"] if shown else ""
        self._expect(bool(shown) and shown[0]["n"] == self.pictures, "another number of pictures")
        own = f"{self.seed} {self.pictures}"
        self._expect(self.seen.setdefault(mark, own) == own, f"pictures of {self.seen[mark]}")

    def check_lasso(self) -> None:
        """The area in the link is the one that this visitor drew."""
        first = "%2C".join(f"{v:.6g}" for v in self.outline[0])
        self._expect(first in self.page.query, f"the link {self.page.query}")
        self._expect("rows selected" in self.page.text(), "no number of selected rows")

    def _expect(self, right: bool, found: str) -> None:
        if not right:
            self.load.crossed.append(f"{self.name} expected its own state and got {found}")

    async def _timed(self, kind: str, act: Callable[[], Awaitable[None]]) -> None:
        start = time.perf_counter()
        await act()
        self.load.seconds.setdefault(kind, []).append(time.perf_counter() - start)

    async def act(self) -> None:
        """The next light act, in turn: mostly on the same page, sometimes to the other one."""
        self.turn += 1
        here = self.page.page
        if self.turn % 9 == 0:
            await self._timed("open", self._map if here == "sample" else self._sample)
        elif here == "sample":
            if self.turn % 3:
                await self._timed("new seed", self._new_seed)
            else:
                await self._timed("choice", self._choice)
            self.check_sample()
        else:
            await self._timed("lasso", self._lasso)
            self.check_lasso()

    async def heavy(self) -> None:
        """Ask for a slow fit that nobody has, and look at it for a while."""
        await self.page.open(
            "sample",
            bundle=self.bundle,
            sampler="normalizing-flow",
            **{"normalizing-flow.epochs": 60 + len(self.seen) % 400, "sample.seed": self.seed},
        )
        await self.page.rest(HEAVY_LASTS)
        self.pictures = 64
        await self._sample()

    async def live(self, until: float, think: tuple[float, float], heavy: bool) -> None:
        """Act and think, until it is time."""
        await asyncio.sleep(self.rng.uniform(0, think[1]))
        await self._timed("open", self._sample if self.turn % 2 else self._map)
        fit = time.monotonic() + HEAVY_EVERY / 2
        while time.monotonic() < until:
            await self.page.rest(self.rng.uniform(*think))
            if heavy and time.monotonic() > fit:
                fit = time.monotonic() + HEAVY_EVERY
                await self.heavy()
            await self.act()
        self.load.errors += [f"{self.name}: {problem}" for problem in self.page.problems]


async def _visit(
    number: int,
    address: str,
    place: Place,
    load: Load,
    seen: dict[str, str],
    until: float,
    think: tuple[float, float],
) -> None:
    try:
        async with tab(address) as page:
            await Visitor(number, page, place, load, seen).live(until, think, heavy=number == 1)
    except Exception as problem:
        load.errors.append(f"visitor {number}: {type(problem).__name__}: {problem}")


async def visits(
    address: str,
    place: Place,
    visitors: int,
    seconds: float,
    think: tuple[float, float] = THINK,
) -> Load:
    """Let so many visitors act on a server for so long, and think between their acts."""
    load, seen = Load(), dict[str, str]()
    until = time.monotonic() + seconds
    coming = [
        asyncio.create_task(_visit(number + 1, address, place, load, seen, until, think))
        for number in range(visitors)
    ]
    await asyncio.sleep(min(EARLY, seconds / 4))
    load.memory.append(_megabytes())
    await asyncio.wait(coming, timeout=max(0.0, until - time.monotonic()))
    load.memory.append(_megabytes())
    await asyncio.gather(*coming)
    load.busy = os.getloadavg()[0]
    return load


def _megabytes() -> float:
    """What the processes that this one has begun hold in memory, without those they began."""
    found = 0.0
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split():
            for line in Path(f"/proc/{child}/status").read_text().splitlines():
                if line.startswith("VmRSS"):
                    found += int(line.split()[1]) / 1024
    return found


def measure(bundle: str = "mnist", visitors: int = 20, minutes: float = 5.0) -> Load:
    """Let so many visitors act for so long.

    Raises:
        AegenError: the server did not come up.
    """
    if visitors < 1 or not minutes > 0:
        raise AegenError("at least one visitor and some time are needed")
    opened = read(bundle)
    projection = "umap" if "umap" in opened.manifest.projections else "pca"
    place = Place(bundle, opened.projection(projection))
    with tempfile.TemporaryDirectory() as kept:
        script = folder() / "app.py"
        with served(script, environment={"AEGEN_CACHE": kept, "AEGEN_SHARED": "yes"}) as address:
            return asyncio.run(visits(address, place, visitors, 60 * minutes))


def report(bundle: str = "mnist", visitors: int = 20, minutes: float = 5.0) -> bool:
    """Print what `measure` finds; gives whether nothing went wrong and nothing was crossed."""
    load = measure(bundle, visitors, minutes)
    found = table("act", "median", "95th percentile", "worst", "acts")
    kinds = {**load.seconds, "all light acts": load.light}
    for kind, seconds in kinds.items():
        if seconds:
            found.add_row(
                "open a page" if kind == "open" else kind,
                f"{median(seconds):.2f} s",
                f"{sorted(seconds)[math.ceil(0.95 * len(seconds)) - 1]:.2f} s",
                f"{max(seconds):.2f} s",
                str(len(seconds)),
            )
    out = console()
    out.print(found)
    early, late = load.memory
    growth = f" ({100 * (late / early - 1):+.0f} %)" if early else ""
    out.print(f"{len(load.errors)} errors, {len(load.crossed)} times another's state")
    out.print(f"memory: {early:,.0f} MB early, {late:,.0f} MB at the end{growth}")
    out.print(f"load average at the end: {load.busy:.1f}")
    for sentence in [*load.errors, *load.crossed][:10]:
        out.print(f"- {sentence}", markup=False)
    return not load.errors and not load.crossed
