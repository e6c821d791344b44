"""A layer's mask in three colours: pan and zoom over millions of weights, replay a training.

Our own Streamlit component (components v2) on a canvas. The packed mask travels once
(``packing``); where its weights lie is a few numbers (``sheet``); pan, zoom, reading off and
replay happen in the browser, and only what a person settles on comes back. The parts of the
script stand in the order in which they are joined below; nothing is built.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import streamlit as st

from aegen.app.components.mask_map.packing import Packed, pack
from aegen.app.components.mask_map.sheet import Sheet, matrix, slice_of, tiles
from aegen.figures.mask_colours import MASK_COLOURS

__all__ = ["Packed", "Replay", "Sheet", "mask_map", "matrix", "pack", "slice_of", "tiles"]

_HERE = Path(__file__).parent
_PARTS = ("sheet.js", "paper.js", "places.js", "camera.js", "view.js")

_view = st.components.v2.component(
    "aegen.mask_map",
    css=(_HERE / "mask_map.css").read_text(encoding="utf-8"),
    js="\n".join((_HERE / name).read_text(encoding="utf-8") for name in _PARTS),
    isolate_styles=False,
)
_store = st.components.v2.component(
    "aegen.mask_map_part",
    js=(_HERE.parent / "latent_map" / "source" / "store.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


@dataclass(frozen=True, eq=False)
class Replay:
    """The epochs of a training whose masks are kept.

    Attributes:
        epochs: in order; 0 is before training.
        masks: of the shown layer, one an epoch, once a person has asked to see them.
    """

    epochs: tuple[int, ...] = ()
    masks: tuple[Packed, ...] | None = None


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
    places: tuple[int, int, int, int] | None = None,
    replay: Replay | None = None,
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
        places: (units, channels, height, width) where inputs are a picture's places.
        replay: the epochs there are.
        epoch: the one that ``mask`` is of.
        look: where to look to begin with: the middle across and down as shares of the sheet, and
            how much larger than the whole.
        unit: the chosen one.
        note: a few words in the corner: how large the layer is.
        height: in pixels.
        on_change: called before the run that a change starts, with what changed among "look",
            "unit", "epoch" and "replay".
    """
    replay = replay or Replay()
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
        "places": None if places is None else list(places),
        "epochs": list(replay.epochs),
        "epoch": epoch,
        "replay": replay.masks is not None,
        "look": None if look is None else list(look),
        "note": note,
        "height": height,
        "colours": {paper: colours._asdict() for paper, colours in MASK_COLOURS.items()},
        "parts": {"mask": mask.mark},
    }
    _view(
        key=key,
        data={"map": key},
        on_told_change=functools.partial(_pass_on, key, on_change),
    )
    table = pa.table({"mask": pa.array([mask.data], pa.binary())})
    _part(key, "mask", {"id": mask.mark, "table": table})
    digest = hashlib.blake2b(json.dumps(spec, sort_keys=True).encode(), digest_size=12)
    _part(key, "spec", {"id": digest.hexdigest(), "spec": spec})
    _part(key, "frames", _frames(of, replay))


def _frames(of: str, replay: Replay) -> dict[str, Any]:
    if not replay.masks:
        return {"id": None}
    table = pa.table(
        {
            "epoch": pa.array(replay.epochs, pa.int32()),
            "mask": pa.array([packed.data for packed in replay.masks], pa.binary()),
        }
    )
    marks = "".join(packed.mark for packed in replay.masks)
    digest = hashlib.blake2b(f"{of}{marks}".encode(), digest_size=12).hexdigest()
    return {"id": digest, "table": table, "spec": {"layer": of}}


def _part(key: str, name: str, content: dict[str, Any]) -> None:
    _store(key=f"{key}-{name}", data={"map": key, "part": name, **content})


def _pass_on(key: str, on_change: Callable[[Mapping[str, Any]], None] | None) -> None:
    """Hands what a person settled on to the page."""
    told = st.session_state[key].get("told")
    if told and on_change is not None:
        on_change(told)
