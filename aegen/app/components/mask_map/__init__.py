"""A layer's mask in three colours: pan and zoom over millions of weights, replay a training.

Our own Streamlit component (components v2) on a canvas. The packed mask travels once
(``packing``); where its weights lie is a few numbers (``sheet``); pan, zoom, reading off and
replay happen in the browser, and only what a person settles on comes back. The parts of the
script stand in the order in which they are joined below; nothing is built.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import streamlit as st
from numpy.typing import NDArray

from aegen.app.components.mask_map.packing import Packed, pack
from aegen.app.components.mask_map.sheet import Sheet, matrix, slice_of, some_tiles, tiles
from aegen.app.components.mount import callback, component, fingerprint, send_part, spec_part
from aegen.figures.mask_colours import MASK_COLOURS

__all__ = [
    "Packed",
    "Sheet",
    "mask_frames",
    "mask_map",
    "matrix",
    "pack",
    "slice_of",
    "some_tiles",
    "tiles",
]

SCRIPTS = ("sheet.js", "paper.js", "places.js", "camera.js", "view.js")

_view = component("mask_map", SCRIPTS)
_frames = st.components.v2.component(
    "aegen.mask_frames",
    js=(Path(__file__).with_name("frames.js")).read_text(encoding="utf-8"),
    isolate_styles=False,
)


def mask_map(
    mask: Packed,
    sheet: Sheet,
    *,
    key: str,
    label: str,
    of: str,
    axes: Sequence[tuple[str, int]],
    unit_name: str = "unit",
    unit_at: str | None = None,
    dead: NDArray[np.bool_] | None = None,
    places: tuple[int, int, int, int] | None = None,
    epochs: Sequence[int] = (),
    epoch: int | None = None,
    look: tuple[float, float, float] | None = None,
    unit: int | None = None,
    note: str = "",
    height: int = 460,
    on_change: Callable[[Mapping[str, Any]], None] | None = None,
) -> None:
    """Draws a mask.

    Args:
        mask: packed.
        sheet: where its weights lie.
        key: names the map within the app.
        label: what it shows, for people who hear it: "Mask of layer dense1".
        of: names the ticket and layer, which other pictures of the page follow in a replay.
        axes: name and size of each axis, as a weight's place is read out.
        unit_name: what the first axis counts: "unit", "filter".
        unit_at: "row" or "block" where each unit has a line or a block of its own.
        dead: (units,) those that could go without a difference.
        places: (units, channels, height, width) where inputs are a picture's places.
        epochs: of the training whose masks are stored, in order; 0 is before training.
        epoch: the one that ``mask`` is of.
        look: where to look to begin with: the middle across and down as shares of the sheet, and
            how much larger than the whole.
        unit: the chosen one.
        note: a few words in the corner: how large the layer is.
        height: in pixels.
        on_change: called before the run that a change starts, with what changed among "look",
            "unit" and "epoch".
    """
    spec = {
        "count": math.prod(mask.shape),
        "shape": list(mask.shape),
        "units": mask.shape[0],
        "axes": [{"name": name, "size": size} for name, size in axes],
        "sheet": sheet.specification(),
        "layer": of,
        "ticket": key,
        "label": label,
        "unitName": unit_name,
        "unitAt": unit_at,
        "unit": unit,
        "dead": [] if dead is None else np.flatnonzero(dead).tolist(),
        "places": None if places is None else list(places),
        "epochs": list(epochs),
        "epoch": epoch,
        "look": None if look is None else list(look),
        "note": note,
        "height": height,
        "colours": {paper: colours._asdict() for paper, colours in MASK_COLOURS.items()},
        "parts": {"mask": mask.mark},
    }
    _view(key=key, data={"map": key}, on_told_change=callback(key, "told", on_change))
    table = pa.table({"mask": pa.array([mask.data], pa.binary())})
    send_part(key, "mask", {"id": mask.mark, "table": table})
    send_part(key, "spec", spec_part(spec))


def mask_frames(
    masks: Sequence[Packed],
    epochs: Sequence[int],
    *,
    key: str,
    of: str,
    on_want: Callable[[], None],
) -> None:
    """Hands the map of this key the masks of the layer ``of`` at all its epochs.

    In a part of a page of its own, so that nothing else waits for them. ``on_want`` is called
    before the run that the replay's button starts while there are none.
    """
    data: dict[str, Any] = {"map": key, "part": "frames", "id": None}
    if masks:
        table = pa.table(
            {
                "epoch": pa.array(epochs, pa.int32()),
                "mask": pa.array([packed.data for packed in masks], pa.binary()),
            }
        )
        marks = "".join(packed.mark for packed in masks)
        mark = fingerprint(f"{of}{marks}".encode())
        data |= {"id": mark, "table": table, "spec": {"layer": of}}
    _frames(key=f"{key}-frames", data=data, on_wanted_change=on_want)
