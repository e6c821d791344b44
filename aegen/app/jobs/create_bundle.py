"""What jobs do for a person's own bundle: try the networks on some rows, make it; no Streamlit."""

from __future__ import annotations

import base64
import math
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aegen.core.errors import AegenError, InvalidInput, StorageError
from aegen.core.progress import report

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from aegen.bundles import Convention, Payload, Plan

    Float32 = NDArray[np.float32]

__all__ = ["convention", "create", "inspect"]

SHOWN = 8
"""Rows that are shown, before and after the autoencoder."""

SIDE = 96
"""Pixels that their pictures are high and wide at most."""

Files = Mapping[str, str | None]
"""Paths of the encoder, the decoder, the data, the attributes and their titles, None for none."""


# made


def create(
    files: Files,
    kind: str,
    taken: Mapping[str, Any] | None,
    given: Mapping[str, Any] | None,
    name: str,
    texts: Mapping[str, str],
    out: str,
) -> dict[str, Any]:
    """Make the bundle ``name`` in the folder ``out``, or go on with it.

    Args:
        files: what it is made of.
        kind: of the data: "image", "series", "table" or "codes".
        taken: fields of the convention at the encoder; None where it is to be found out.
        given: likewise at the decoder.
        name: its name.
        texts: title, description and licence, as far as a person gave them.
        out: the folder.
    """
    report(0.0, "reading")
    from aegen.bundles import create
    from aegen.core.storage import make_folder
    from aegen.data import read_titles

    place = Path(out)
    make_folder(place.parent)
    arguments = {**_arguments(files, kind), **texts}
    if files["titles"]:
        arguments["titles"] = read_titles(files["titles"])
    create(name, path=place, input=_read(taken), output=_read(given), **arguments)
    return {}


def _arguments(files: Files, kind: str) -> dict[str, Any]:
    """Files as arguments of `aegen.bundles.plan`."""
    found: dict[str, Any] = {"attributes": files["attributes"], "decoder": files["decoder"]}
    if kind == "codes":
        return {**found, "codes": files["data"]}
    return {**found, "encoder": files["encoder"], "data": files["data"], "kind": kind}


def _read(fields: Mapping[str, Any] | None) -> Convention | None:
    return None if fields is None else convention(fields)


def convention(fields: Mapping[str, Any]) -> Convention:
    """A convention from its fields as JSON holds them."""
    from aegen.bundles import Convention

    return Convention(
        fields["scale"],
        fields["layout"],
        fields["reverse"],
        tuple(fields["mean"]),
        tuple(fields["deviation"]),
    )


# tried


def inspect(files: Files, kind: str) -> dict[str, Any]:
    """What the autoencoder does with some rows, under each convention that may be meant.

    Args:
        files: what is there.
        kind: of the data, or "" where it is to be found out.

    Returns:
        The fields of `aegen.app.services.creations.Inspection`; or "field" and "problem", which of
        the files cannot be used and why, where "" is all of them together.
    """
    report(0.0, "reading")
    try:
        return _inspected(files, kind)
    except AegenError as problem:
        said = str(problem)
        for file in filter(None, files.values()):  # a person knows the names, not where they lie
            said = said.replace(f"{Path(file).parent}{os.sep}", "")
        return {"field": _field(problem, files), "problem": said}


def _field(problem: AegenError, files: Files) -> str:
    """Which file a problem is about: the one that it names."""
    path = getattr(problem, "path", None)
    for field, file in files.items():
        if file is None:
            continue
        place = Path(file)
        inside = path is not None and (path == place or place in path.parents)
        if inside or (place.suffix and place.name in str(problem)):
            return field
    return ""


def _inspected(files: Files, kind: str) -> dict[str, Any]:
    from aegen.bundles.reduction import LARGE

    found, kind = _planned(files, kind)
    _require_titles(files, found)
    rows, codec = found.rows, found.codec
    originals, options, suggested = _options(found)
    size = math.prod(codec.code_shape)
    return {
        "kind": kind,
        "rows": len(rows),
        "held_out": int(rows.holdout.sum()),
        "row": _words(rows.payload),
        "code_shape": codec.code_shape,
        "reduced": size > LARGE,
        "attributes": [str(name) for name in rows.attributes],
        "licence": rows.licence,
        "notes": rows.notes,
        "seconds": found.seconds,
        "originals": originals,
        "options": options,
        "suggested": suggested,
        "doubt": _doubt(found, options[suggested]["error"] if options else None),
    }


def _require_titles(files: Files, found: Plan) -> None:
    """Refuse titles of what is not there, before the bundle is made."""
    from aegen.bundles.attributes import described
    from aegen.data import read_titles

    if files["titles"]:
        try:
            described(found.rows.attributes, read_titles(files["titles"]), {})
        except InvalidInput as problem:
            raise StorageError(Path(files["titles"]), str(problem)) from None


def _planned(files: Files, kind: str) -> tuple[Plan, str]:
    """The plan, and the kind of data that it is of; of several kinds the first that can be."""
    from aegen.bundles import plan

    kinds = _kinds(files, kind)
    first: AegenError | None = None
    for kind in kinds:
        try:
            if files["encoder"] and not files["decoder"] and kind == "image":
                return _encoded(_arguments(files, kind)), kind
            return plan(**_arguments(files, kind)), kind
        except AegenError as problem:
            first = first or problem
    assert first is not None
    raise first


def _kinds(files: Files, kind: str) -> list[str]:
    """What the data may be: by its file's name, and by the axes of what the encoder takes."""
    from aegen.bundles.ends import find_ends, shape_of

    data = Path(str(files["data"]))
    if kind or not files["encoder"]:
        return [kind or "codes"]
    if data.is_dir() or data.suffix.lower() == ".zip":
        return ["image"]
    if data.suffix.lower() in (".csv", ".tsv", ".jsonl"):
        return ["table"]
    takes = shape_of(find_ends(encoder=files["encoder"])[0], output=False)
    likely = {2: ["image", "table"], 3: ["series", "image"]}
    return likely.get(4 if takes is None else len(takes), ["image"])


def _encoded(arguments: Mapping[str, Any]) -> Plan:
    """A plan for an encoder alone, in the first layout that it takes."""
    from aegen.bundles import Convention, plan
    from aegen.bundles.convention import LAYOUTS

    first: AegenError | None = None
    for layout in LAYOUTS:
        try:
            return plan(**arguments, input=Convention("unit", layout))
        except AegenError as problem:
            first = first or problem
    assert first is not None
    raise first


Option = dict[str, Any]
"""Fields of `aegen.app.services.creations.Option`."""


def _options(found: Plan) -> tuple[str | None, list[Option], int]:
    """Originals as a strip, what may be meant, and which of it is suggested."""
    codec, rows, x = found.codec, found.rows, _some(found.sample)
    if rows.codes is not None:
        return _of_codes(found, x)
    payload = rows.payload.ranged(found.sample)
    originals = _strip(payload.pictures(x))
    if codec.decoder is None:
        if codec.taken is None:
            return originals, [], 0
        from aegen.bundles.evidence import candidates, statistics

        ends = candidates(statistics(found.sample), (codec.taken.layout,))
        return originals, [_option(end, None) for end in ends if not end.reverse], 0
    if not found.trials:
        decoded = codec.reconstruct(found.sample)
        error = float(((decoded - found.sample) ** 2).mean()) / _spread(found)
        return originals, [_option(None, None, error, payload.pictures(_some(decoded)))], 0
    return originals, *_tried(found)


def _some(rows: Float32) -> Float32:
    """As many of them as are shown, evenly spread."""
    n = min(SHOWN, len(rows))
    return rows[[round(k * (len(rows) - 1) / max(1, n - 1)) for k in range(n)]]


def _tried(found: Plan) -> tuple[list[Option], int]:
    """All conventions under which pictures came back, the suggested one first, then the best."""
    shape = found.rows.payload.image_shape
    codec = found.codec
    tried = [trial for trial in found.trials if math.isfinite(trial.error)]
    tried.sort(key=lambda trial: (trial.taken, trial.given) != (codec.taken, codec.given))
    return [
        _option(trial.taken, trial.given, trial.error, _some(trial.pictures(shape)))
        for trial in tried
    ], 0


def _of_codes(found: Plan, z: Float32) -> tuple[str | None, list[Option], int]:
    """Codes that were given: what a decoder makes of them, or bars."""
    import numpy as np

    from aegen.bundles.convention import SCALES, Convention

    codec = found.codec
    payload = found.shown if codec.decoder is not None else found.shown.ranged(found.sample)
    if codec.decoder is None:
        return _strip(payload.pictures(z)), [], 0
    if codec.given is None:
        decoded = codec.decode(z.reshape(len(z), -1).astype(np.float64))
        return None, [_option(None, None, None, payload.pictures(decoded))], 0
    raw, layout = codec.decoder(z), codec.given.layout
    ends = [Convention(s, layout) for s in SCALES if s != "standardised"]
    options = [
        _option(None, end, None, np.clip(end.undo(raw, payload.image_shape), 0, 1)) for end in ends
    ]
    return None, options, [end.scale for end in ends].index(codec.given.scale)


def _option(
    taken: Convention | None,
    given: Convention | None,
    error: float | None = None,
    pictures: Float32 | None = None,
) -> Option:
    return {
        "taken": None if taken is None else asdict(taken),
        "given": None if given is None else asdict(given),
        "error": error,
        "strip": None if pictures is None else _strip(pictures),
    }


def _strip(pictures: Float32) -> str:
    """Pictures (n, h, w, c) side by side with clear gaps: a WebP image in base64."""
    import numpy as np

    from aegen.core import images

    tiles = images.shrink(pictures, SIDE)
    n, h, w, c = tiles.shape
    opaque = np.full((n, h, w, 4), 255, np.uint8)
    opaque[..., : 4 if c == 4 else 3] = tiles
    strip = images.grid(opaque, columns=n, gap=max(1, w // 20), background=0)
    return base64.b64encode(images.webp(strip, quality=90, effort=2)).decode()


def _doubt(found: Plan, error: float | None) -> str:
    """What speaks against the best that came back: to give the mean of all rows is no worse."""
    if error is None:
        return ""
    of_mean = float(found.sample.var(axis=0).mean())
    if error < (of_mean if found.trials else of_mean / _spread(found)):
        return ""
    return (
        "What comes back is no nearer to the originals than their mean would be: see whether the "
        "networks belong together, are trained, and were trained on data like this."
    )


def _spread(found: Plan) -> float:
    """The variance of all numbers of the rows."""
    return float(found.sample.var()) or 1.0


def _words(payload: Payload) -> str:
    """What a row is.

    Example:
        >>> from aegen.bundles import Payload
        >>> _words(Payload("image", (32, 48, 3)))
        'pictures of 48 x 32 pixels, colour'
    """
    if payload.kind == "image":
        h, w, c = payload.shape
        colour = {1: "grey", 3: "colour", 4: "colour with opacity"}[c]
        return f"pictures of {w} x {h} pixels, {colour}"
    if payload.kind == "series":
        return f"series of {payload.shape[0]:,} channels of {payload.shape[1]:,} values"
    if payload.kind == "table":
        return f"rows of {payload.shape[0]:,} columns"
    return f"codes of {payload.shape[0]:,} numbers"
