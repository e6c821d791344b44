"""An SVG picture of `aegen.figures` as matplotlib draws it: what these pictures are made of."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np

from aegen.core.errors import InvalidInput

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_svg"]

INK = "#1d2529"

INHERITED = ("fill", "stroke", "stroke-width", "text-anchor", "font-size", "font-weight")

ANCHORS = {"start": "left", "middle": "center", "end": "right"}

FONT = 13.0
"""Pixels of a letter where a picture does not say."""


def draw_svg(picture: str, width: float, font: float) -> Figure:
    """The picture ``width`` inches wide; letters of its usual size become ``font`` points.

    Raises:
        InvalidInput: an element that our pictures do not have.
    """
    from matplotlib.figure import Figure

    root = ElementTree.fromstring(picture)
    left, top, wide, high = (float(part) for part in root.attrib["viewBox"].split())
    drawn = Figure(figsize=(width, width * high / wide))
    axes = drawn.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(left, left + wide)
    axes.set_ylim(top + high, top)
    axes.axis("off")
    style = _style(root.attrib.get("style", ""))
    base = _pixels(style.get("font-size") or style.get("font", ""), FONT)
    state = {"fill": "currentColor", "font-size": str(base)}
    for place, (element, known) in enumerate(_elements(root, state, 1.0)):
        _draw(axes, element, known, place, width * 72 / wide, font / base)
    return drawn


def _elements(
    parent: Any, state: dict[str, Any], opacity: float
) -> Iterator[tuple[Any, dict[str, Any]]]:
    """All elements with what they inherit, from back to front."""
    for element in parent:
        own = {name: element.attrib[name] for name in INHERITED if name in element.attrib}
        known = {**state, **own}
        seen = opacity * float(element.attrib.get("opacity", 1))
        if _name(element) == "g":
            yield from _elements(element, known, seen)
        elif _name(element) != "title":
            yield element, {**known, "opacity": seen}


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _draw(
    axes: Axes, element: Any, known: dict[str, Any], order: int, unit: float, letters: float
) -> None:
    """One element; ``unit`` points are a pixel, a letter's pixel is ``letters`` points."""
    kind, at = _name(element), element.attrib
    layer = 1 + order / 1e4
    if kind == "text":
        _text(axes, element, known, layer, letters)
    elif kind == "image":
        _image(axes, at, layer)
    elif kind in ("rect", "circle", "path"):
        axes.add_patch(_patch(kind, at, known, layer, unit))
    else:
        raise InvalidInput(f"a picture with <{kind}> cannot be written as a file yet")


def _patch(kind: str, at: Any, known: dict[str, Any], layer: float, unit: float) -> Any:
    from matplotlib.patches import Circle, FancyBboxPatch, PathPatch

    stroke = known.get("stroke", "none")
    fill = "none" if kind == "path" and "fill" not in at else known["fill"]
    look = {
        "facecolor": _colour(fill, known["opacity"] * float(at.get("fill-opacity", 1))),
        "edgecolor": _colour(stroke, known["opacity"]),
        "linewidth": 0 if stroke == "none" else float(known.get("stroke-width", 1)) * unit,
        "zorder": layer,
    }
    if kind == "path":
        return PathPatch(_path(at["d"]), **look)
    if kind == "circle":
        return Circle((float(at["cx"]), float(at["cy"])), float(at["r"]), **look)
    x, y, w, h = (float(at.get(name, 0)) for name in ("x", "y", "width", "height"))
    radius = min(float(at.get("rx", 0)), w / 2, h / 2)
    style = f"round,pad=0,rounding_size={radius}" if radius else "square,pad=0"
    return FancyBboxPatch((x, y), w, h, boxstyle=style, **look)


def _path(text: str) -> Any:
    """A path of straight lines."""
    from matplotlib.path import Path

    points: list[tuple[float, float]] = []
    codes: list[Any] = []
    x = y = 0.0
    for step, given in re.findall(r"([a-zA-Z])([^a-zA-Z]*)", text):
        numbers = [float(part) for part in re.findall(r"-?\d*\.?\d+(?:e-?\d+)?", given)]
        if step in "Zz":
            points.append(points[0])
            codes.append(Path.CLOSEPOLY)
            continue
        if step in "Hh":
            pairs = [(n, 0.0 if step == "h" else y) for n in numbers]
        elif step in "Vv":
            pairs = [(0.0 if step == "v" else x, n) for n in numbers]
        elif step in "MmLl":
            pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
        else:
            raise InvalidInput(
                f"a picture with a path of {step!r} cannot be written as a file yet"
            )
        for k, (a, b) in enumerate(pairs):
            x, y = (x + a, y + b) if step.islower() else (a, b)
            points.append((x, y))
            codes.append(Path.MOVETO if step in "Mm" and k == 0 else Path.LINETO)
    return Path(points, codes)


def _text(axes: Axes, element: Any, known: dict[str, Any], layer: float, letters: float) -> None:
    at = element.attrib
    turned = re.match(r"rotate\((-?[\d.]+)", at.get("transform", ""))
    weight = known.get("font-weight", "normal")
    axes.text(
        float(at["x"]), float(at["y"]), "".join(element.itertext()),
        fontsize=_pixels(str(known["font-size"]), FONT) * letters,
        fontweight=int(weight) if weight.isdigit() else weight,
        color=_colour(known["fill"], known["opacity"]),
        ha=ANCHORS[known.get("text-anchor", "start")], va="baseline", zorder=layer,
        rotation=-float(turned.group(1)) if turned else 0, rotation_mode="anchor",
        parse_math=False,
    )  # fmt: skip


def _image(axes: Axes, at: Any, layer: float) -> None:
    """An embedded picture, its pixels as they are."""
    from PIL import Image

    address = next(value for name, value in at.items() if name.rpartition("}")[2] == "href")
    content = base64.b64decode(address.partition(",")[2])
    pixels = np.asarray(Image.open(io.BytesIO(content)).convert("RGBA"))
    x, y, w, h = (float(at.get(name, 0)) for name in ("x", "y", "width", "height"))
    axes.imshow(
        pixels, extent=(x, x + w, y + h, y), interpolation="none", zorder=layer, aspect="auto"
    )


def _colour(text: str, opacity: float) -> Any:
    from matplotlib.colors import to_rgba

    return (
        (0, 0, 0, 0)
        if text == "none"
        else to_rgba(INK if text == "currentColor" else text, opacity)
    )


def _style(text: str) -> dict[str, str]:
    pairs = (part.partition(":") for part in text.split(";") if part)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _pixels(text: str, otherwise: float) -> float:
    """A size of letters.

    Example:
        >>> _pixels("13px inherit", 10), _pixels("", 10)
        (13.0, 10)
    """
    found = re.match(r"[\d.]+", text)
    return float(found.group()) if found else otherwise
