"""Hostile links to every page of the app: each choice of each page with values that nobody meant.

A page must open and say in a sentence what it does not follow; a traceback in it is a defect.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from unittest import mock

import numpy as np

from aegen.core.errors import AegenError

__all__ = ["Link", "attempt", "cases", "crowd"]

LONGEST = 1_000
"""Characters of a sentence in a page: an error's 500, with its signs escaped."""

Link = tuple[str, dict[str, str | list[str]]]
"""A page's part of the address, and what stands after it."""

MARKUP = (
    "<script>alert(1)</script>",
    "**[x](javascript:alert(1))**",
    "$\\frac{1}{0}$",
    ":red[x] :material/x:",
    "`",
    "![x](https://example.org/x.png)",
    "{title}",
    "%s%n",
)

SIGNS = (
    "",
    " ",
    "\x00",
    "\x1b[2J",
    "\ufffd\ufffd",
    "\u202eevil",
    "\uff13",
    "e\u0301" * 50,
    "\U0001f469\u200d\U0001f680",
    "%",
    "%ZZ",
    "%2C%00",
    "%ED%A0%80",
    "a\nb",
    "'\"\\",
    "../../etc/passwd",
    "/dev/stdin",
)

NUMBERS = (
    "-1",
    "-0",
    "0",
    "1",
    "7",
    "1.5",
    "NaN",
    "inf",
    "-inf",
    "1e400",
    "1e-400",
    "1_0",
    "0x10",
    "9" * 400,
    "9" * 18,
    "0,0",
    "1,1,1",
    "-1,-1",
    "nan,nan",
    "0,0~0,0",
    "1:1",
    "1:nan",
    "0:1",
    "4096:1",
    "principal:9999",
    "axes:-1",
    "axes-0-99999",
    "axes-1-1",
    "axes-",
    "axes-a-b",
)

WORDS = (
    "none",
    "n%6Fne",
    "yes",
    "auto",
    "plain",
    "density",
    "axes",
    "draws",
    "umap",
    "class",
    "class=",
    "=",
    "class=7",
    "not class=7",
    "z0=0.5",
    "z0=nan",
    "z999=1",
    "near row 0 within 1",
    "near row 999999999 within 1",
    "near row 0 within nan",
    "density>=20%",
    "density>=1e9%",
    "inside nowhere 0,0 1,1 0,1",
    "inside umap 0,0 nan,1 0,1",
    "probability class=7 >= 2",
    "gaussian",
    "gaussian,gaussian",
    "gaussian:shrinkage=nan",
    "gaussian:shrinkage=0.5:shrinkage=0.5",
    "kde:bandwidth=-1",
    "kde:",
    ":",
    "bundle:nowhere",
    "images:nowhere",
    "a,a",
    "a,,a",
    ",",
    "~",
    "~~~",
)


def crowd(corners: int) -> str:
    """A star of so many corners, each of which crosses half of the others."""
    turns = np.arange(corners) * 2 * math.pi * (corners // 2) / corners
    return "~".join(f"{x:.5g},{y:.5g}" for x, y in zip(np.cos(turns), np.sin(turns), strict=True))


@cache
def _long() -> tuple[str, ...]:
    return (
        "a" * 5_000,
        "a" * 2_000_000,
        "\u00e9" * 20_000,
        "a," * 5_000,
        ",".join(f"a{k}" for k in range(5_000)),
        ",".join(f"{k}:1" for k in range(1, 4_000)),
        "0," * 20_000 + "0",
        "0.5," * 5_000 + "0.5",
        "pca~" + crowd(5_001),
        "umap~" + crowd(1_001),
        "axes-0-1~" + crowd(159),
        "pca~" + "~".join(f"{k},{k % 2}" for k in range(20_000)),
        "pca~" + "0,0~" * 20_000 + "1,1",
        "inside pca " + crowd(900).replace("~", " "),
        "inside pca " + crowd(9_000).replace("~", " "),
        " and ".join(["class=7"] * 2_000),
        " or ".join(f"z{k}=0.5" for k in range(1_500)),
        "not " * 4_000 + "class=7",
        "(" * 5_000,
        '"' * 5_000,
        ",".join(["kde"] * 2_000),
        ",".join(f"kde:bandwidth=0.{k}" for k in range(1, 2_000)),
        "kde" + ":bandwidth=0.5" * 2_000,
        "-".join(["9999"] * 2_000),
    )


@cache
def _choices(address: str) -> tuple[str, ...]:
    """Names, in links, of the choices of a page."""
    from aegen.app.headless import choices, open_page

    return tuple(choices(open_page(address)))


def cases(rng: np.random.Generator, n: int, folder: Path | None = None) -> Iterator[Link]:
    """``n`` hostile links to the pages in turn, most with one choice that is meant ill.

    Args:
        rng: chooses them.
        n: how many.
        folder: is not needed.
    """
    from aegen.app.navigation import ENTRIES

    for k in range(n):
        address = ENTRIES[k % len(ENTRIES)].address
        names = list(_choices(address))
        many = int(rng.choice([1, 1, 1, 2, 4, len(names)]))
        chosen = rng.permutation(names)[:many]
        link: dict[str, str | list[str]] = {str(name): _value(rng) for name in chosen}
        if rng.random() < 0.1:
            link |= _unknown(rng)
        yield address, link


def attempt(link: Link) -> str:
    """Open a page by a link: "accepted", if it has its title and says what it does not follow.

    Long work, which is done in processes of its own, is not begun.

    Raises:
        AssertionError: a traceback, no title, or a sentence that is none.
    """
    from aegen.app.headless import open_page

    idle = AegenError("nothing is begun for a link that is only looked at")
    with mock.patch("aegen.app.jobs.process._process", side_effect=idle):
        app = open_page(*link)
    if app.exception:
        raise AssertionError(f"{link[0]} shows {app.exception[0].message[:200]}")
    long = [len(found.value) for found in (*app.error, *app.warning)]
    if max(long, default=0) > LONGEST:
        raise AssertionError(f"{link[0]} shows a sentence of {max(long):,} characters")
    if not app.title:
        raise AssertionError(f"{link[0]} shows no title")
    return "accepted"


@cache
def _known() -> tuple[str, ...]:
    """What is there, each alone, twice, and all together."""
    from aegen.bundles import bundles, read
    from aegen.samplers import samplers
    from aegen.supermask.ticket.discovery import tickets

    attributes = [name for bundle in bundles() for name in read(bundle).manifest.attributes]
    found: list[str] = []
    for names in (bundles(), tickets(), samplers.names(), attributes):
        found += [*names, *(f"{name},{name}" for name in names), ",".join([*names, *names])]
    return tuple(dict.fromkeys(found))


def _value(rng: np.random.Generator) -> str | list[str]:
    kinds = (MARKUP, SIGNS, NUMBERS, NUMBERS, WORDS, WORDS, _known(), _known(), _long())

    def one() -> str:
        kind = kinds[rng.integers(len(kinds))]
        return kind[rng.integers(len(kind))]

    return [one(), one()] if rng.random() < 0.1 else one()


def _unknown(rng: np.random.Generator) -> dict[str, str | list[str]]:
    """Names that no page has."""
    ways: list[Callable[[], dict[str, str | list[str]]]] = [
        lambda: {f"x{k}": "1" for k in range(2_000)},
        lambda: {"a" * 50_000: "1"},
        lambda: dict.fromkeys(MARKUP, "1"),
        lambda: {"sed": "1", "sample.sed": "1", "": "1"},
    ]
    return ways[rng.integers(len(ways))]()
