"""How our own Streamlit components (v2) are mounted, and how what they show travels in parts.

Streamlit sends an element again only when its own content differs from what the browser already
holds. So each part of a map (its points, its colours, ...) is an element of its own with a
fingerprint, and only what changed is sent; ``latent_map/source/store.js`` receives it. Not even
packed is what a visit was sent before: its fingerprint stands for it, and a browser that lacks it
asks for it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

__all__ = ["Part", "callback", "component", "fingerprint", "nothing", "send_part", "spec_part"]

Part = dict[str, Any]
"""What the browser takes: a fingerprint ("id"), and an Arrow "table", a "spec", or both."""

_SENT = "aegen.parts"

HERE = Path(__file__).parent


def component(name: str, scripts: Sequence[str] = ()) -> Any:
    """The component of the folder ``name``, of ``scripts`` joined or of its one script."""
    folder = HERE / name
    style = folder / f"{name}.css"
    return st.components.v2.component(
        f"aegen.{name}",
        css=style.read_text(encoding="utf-8") if style.is_file() else None,
        js="\n".join(
            (folder / js).read_text(encoding="utf-8") for js in scripts or (f"{name}.js",)
        ),
        isolate_styles=False,
    )


_store = st.components.v2.component(
    "aegen.part",
    js=(HERE / "latent_map" / "source" / "store.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def send_part(key: str, name: str, part: Part | None) -> None:
    """Hands a part to the map with this key; None takes the part away."""
    place = f"{key}-{name}"
    given = part or {"id": None}
    if "table" in given:
        sent: dict[str, str] = st.session_state.setdefault(_SENT, {})
        if sent.get(place) == given["id"]:
            given = {"id": given["id"], "held": True}
        else:
            sent[place] = given["id"]
    data = {"map": key, "part": name, **given}
    _store(key=place, data=data, on_missing_change=lambda: _forget(place))


def _forget(place: str) -> None:
    """The browser has not what it was sent, as after an error: the run that follows sends it."""
    st.session_state.get(_SENT, {}).pop(place, None)


def fingerprint(*content: Any) -> str:
    """The hash of bytes, arrays or Arrow buffers."""
    digest = hashlib.blake2b(digest_size=12)
    for piece in content:
        if piece is not None:
            digest.update(piece)
    return digest.hexdigest()


def spec_part(spec: dict[str, Any]) -> Part:
    """A specification as a part."""
    return {"id": fingerprint(json.dumps(spec, sort_keys=True).encode()), "spec": spec}


def callback(
    key: str, state: str, call: Callable[[Any], None] | None = None
) -> Callable[[], None]:
    """Hands what a person did to ``call``, before the run that it starts."""

    def pass_on() -> None:
        value = st.session_state[key].get(state)
        if call is not None and value is not None:
            call(value)

    return pass_on


def nothing() -> None:
    """Streamlit keeps a component's state only where a callback is named for it."""
