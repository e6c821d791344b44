"""What the page does at its stage, as lines of Python and as a command."""

from __future__ import annotations

import contextlib
import shlex
from dataclasses import asdict
from pathlib import Path

import streamlit as st

from aegen.app import services
from aegen.app.row_selection import quoted
from aegen.app.services.creations import CreationConfig, Inspection, Option, Sources
from aegen.bundles.convention import IMAGENET, Convention
from aegen.core.errors import InvalidInput

__all__ = ["command", "lines", "python"]

EXAMPLE = CreationConfig(
    Sources("photos", "encoder.onnx", "decoder.onnx", "labels.csv"), "image", None, None, "mine"
)
"""What is shown as long as nothing was brought."""


def lines(sources: Sources | None, found: Inspection | None, order: CreationConfig | None) -> None:
    """Both, side by side, as far as things have come; before there is anything, of an example."""
    asked = order or EXAMPLE
    if order is None and sources is not None:
        kind = sources.kind or ("image" if sources.encoder else "codes")
        asked = CreationConfig(sources, kind, None, None, EXAMPLE.name)
    suggested = found.options[found.suggested] if found is not None and found.options else None
    st.subheader("The same without this page", anchor=False)
    left, right = st.columns(2, gap="large")
    place = None
    if order is not None:
        with contextlib.suppress(InvalidInput):  # a name that is said to be none above
            place = services.creations.place_of(order.name)
    left.code(python(asked, suggested, place), language="python", wrap_lines=True)
    said = command(asked, suggested)
    if said is not None:
        right.code(said, language="bash", wrap_lines=True)
    else:
        right.caption("No command says these conventions, whose numbers are those of the data.")


def _chosen(asked: CreationConfig, suggested: Option | None) -> dict[str, Convention]:
    """Conventions that have to be named, since they would not be found out."""
    ends = {"input": asked.taken, "output": asked.given}
    if suggested is not None and (suggested.taken, suggested.given) == (asked.taken, asked.given):
        found_out = suggested.error is not None or asked.given is not None
        ends = {} if found_out else ends
    return {name: end for name, end in ends.items() if end is not None}


def python(
    asked: CreationConfig, suggested: Option | None = None, place: Path | None = None
) -> str:
    """The creation in Python, and 16 new pictures.

    Example:
        >>> print(python(EXAMPLE))
        import aegen
        <BLANKLINE>
        bundle = aegen.bundles.create(
            "mine",
            encoder="encoder.onnx",
            decoder="decoder.onnx",
            data="photos",
            attributes="labels.csv",
        )
        model = bundle.model("empirical-beta-copula")
        model.sample(16, rng=0).save("new.png")
    """
    ends = _chosen(asked, suggested)
    arguments = {key: quoted(value) for key, value in _files(asked).items()}
    if "titles" in arguments:
        arguments["titles"] = f"read_titles({arguments['titles']})"
    if asked.kind in ("series", "table"):
        arguments["kind"] = quoted(asked.kind)
    arguments |= {key: _convention(end) for key, end in ends.items()}
    arguments |= {key: quoted(text) for key, text in asked.texts.items()}
    if place is not None:
        arguments["path"] = quoted(str(place))
    return "\n".join(
        [
            "import aegen",
            *(["from aegen.bundles import Convention"] if ends else []),
            *(["from aegen.data import read_titles"] if "titles" in arguments else []),
            "",
            "bundle = aegen.bundles.create(",
            f"    {quoted(asked.name)},",
            *(f"    {key}={value}," for key, value in arguments.items()),
            ")",
            'model = bundle.model("empirical-beta-copula")',
            'model.sample(16, rng=0).save("new.png")',
        ]
    )


def command(asked: CreationConfig, suggested: Option | None = None) -> str | None:
    r"""The creation as a command; None where no word says a convention.

    Example:
        >>> print(command(EXAMPLE))
        aegen bundles create mine \
          --encoder encoder.onnx \
          --decoder decoder.onnx \
          --images photos \
          --attributes labels.csv
        aegen sample mine -n 16 --seed 0 \
          --sampler empirical-beta-copula --out new.png
    """
    options = _files(asked)
    data = {"image": "images", "series": "rows", "table": "rows"}
    options = {data[asked.kind] if key == "data" else key: file for key, file in options.items()}
    for key, end in _chosen(asked, suggested).items():
        word = _word(end)
        if word is None:
            return None
        options[key] = word
    options |= asked.texts
    said = [f"--{key} {shlex.quote(value)}" for key, value in options.items()]
    create = " \\\n  ".join([f"aegen bundles create {asked.name}", *said])
    draw = f"aegen sample {asked.name} -n 16 --seed 0 \\\n  --sampler empirical-beta-copula"
    return f"{create}\n{draw} --out new.png"


def _files(asked: CreationConfig) -> dict[str, str]:
    """The files by argument, named as the person knows them: dropped ones have no folder here."""
    from aegen.app.state.uploads import uploads

    found = {}
    for field, file in asked.sources.files.items():
        if file is None or (field == "encoder" and asked.kind == "codes"):
            continue
        key = "codes" if field == "data" and asked.kind == "codes" else field
        dropped = uploads().files.get(field) == Path(file)
        found[key] = Path(file).name if dropped else file
    return found


def _convention(end: Convention) -> str:
    """A convention in Python.

    Example:
        >>> _convention(Convention("signed", "flat"))
        'Convention("signed", layout="flat")'
    """
    default, fields = asdict(Convention()), asdict(end)
    words = [
        f"{key}={quoted(value) if isinstance(value, str) else value}"
        for key, value in fields.items()
        if key != "scale" and value != default[key]
    ]
    return f"Convention({', '.join([quoted(end.scale), *words])})"


def _word(end: Convention) -> str | None:
    """A convention as `aegen.bundles.convention_of` reads it.

    Example:
        >>> _word(Convention("signed", reverse=True))
        'signed,bgr'
    """
    if end.layout == "flat, channels last":
        return None
    scale: str = end.scale
    if scale == "standardised":
        if (end.mean, end.deviation) != IMAGENET:
            return None
        scale = "imagenet"
    layout = [] if end.layout == Convention().layout else [end.layout]
    return ",".join([scale, *layout, *(["bgr"] if end.reverse else [])])
