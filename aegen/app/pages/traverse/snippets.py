"""A place in latent space and a path between two as lines of Python."""

from __future__ import annotations

from aegen.app.pages.traverse.model import STEPS_BETWEEN, Place

__all__ = ["command", "python_of_interpolation", "python_of_picture"]

DIRECTIONS = {"principal": "principal_directions", "axes": "latent_axes"}

BETWEEN = {
    "straight": f"interpolate(a, b, {STEPS_BETWEEN})",
    "spherical": f"interpolate(a, b, {STEPS_BETWEEN}, "
    'kind="spherical", centre=bundle.codes.mean(axis=0))',
    "dense": f"dense_path(a, b, {STEPS_BETWEEN}, bundle.codes)",
}

IMPORTED = {
    "aegen.core.images": ("grid", "png", "quantize"),
    "aegen.traversal": ("dense_path", "interpolate", "latent_axes", "principal_directions"),
}


def python_of_picture(place: Place) -> str:
    """The picture of a place in Python, to the last bit.

    Example:
        >>> print(python_of_picture(Place("mnist", 4711, moves=((0, 1.5),))))
        from pathlib import Path
        import aegen
        from aegen.core.images import png, quantize
        from aegen.traversal import principal_directions
        <BLANKLINE>
        bundle = aegen.load("mnist")
        directions = principal_directions(bundle.codes)
        z = bundle.codes[4711].copy()
        z += 1.5 * directions.sd[0] * directions.vectors[0]  # direction 1
        image = bundle.decode(z[None])[0]
        Path("picture.png").write_bytes(png(quantize(image)))
    """
    return _script(
        place.bundle,
        *_code("z", place),
        "image = bundle.decode(z[None])[0]",
        'Path("picture.png").write_bytes(png(quantize(image)))',
    )


def python_of_interpolation(a: Place, b: Place, path: str) -> str:
    """A path between two places in Python, to the last bit."""
    return _script(
        a.bundle,
        *_code("a", a),
        *_code("b", b),
        f"codes = {BETWEEN[path]}",
        "images = bundle.decode(codes)",
        f'Path("strip.png").write_bytes(png(grid(images, columns={STEPS_BETWEEN})))',
    )


def command(a: Place, b: Place, path: str) -> str | None:
    """The walk between two rows as a command; None where an end is no row.

    Example:
        >>> command(Place("mnist", 3), Place("mnist", 77), "dense")
        'aegen walk mnist --row 3 --row 77 --path dense'
    """
    if any(end.row is None or end.uploaded or end.moves for end in (a, b)):
        return None
    return f"aegen walk {a.bundle} --row {a.row} --row {b.row} --path {path}"


def _script(bundle: str, *lines: str) -> str:
    """The lines below the imports of what they call."""
    text = "\n".join(lines)
    imports = ["from pathlib import Path", *(["import numpy as np"] if "np." in text else [])]
    imports.append("import aegen")
    for module, functions in IMPORTED.items():
        called = [name for name in functions if f"{name}(" in text]
        imports += [f"from {module} import {', '.join(called)}"] if called else []
    return "\n".join([*imports, "", f'bundle = aegen.load("{bundle}")', text])


def _code(name: str, place: Place) -> list[str]:
    """Lines that define the code of a place."""
    start = (
        f"bundle.codes[{place.row}].copy()"
        if place.uploaded is None
        else f"np.array([{', '.join(repr(v) for v in place.uploaded)}])"
    )
    made = [f"directions = {DIRECTIONS[place.kind]}(bundle.codes)"] if place.moves else []
    word = "direction" if place.kind == "principal" else "axis"
    moves = [
        f"{name} += {distance} * directions.sd[{k}] * directions.vectors[{k}]  # {word} {k + 1}"
        for k, distance in place.moves
    ]
    return [*made, f"{name} = {start}", *moves]
