"""The rows selected on the map as lines of Python, and a line on it as a command."""

from __future__ import annotations

from aegen.app.row_selection import Selection, python

__all__ = ["of_path", "of_selection"]


def of_path(
    bundle: str, projection: str, points: tuple[tuple[float, float], ...], row: int | None
) -> str:
    """The walk along a line on the map as a command.

    Example:
        >>> of_path("mnist", "pca", ((0.0, 1.0), (2.5, 3.0)), 7)
        "aegen walk mnist --projection pca --row 7 --points '0,1 2.5,3'"
    """
    line = " ".join(f"{x:.6g},{y:.6g}" for x, y in points)
    plane = "" if row is None else f" --row {row}"
    return f"aegen walk {bundle} --projection {projection}{plane} --points '{line}'"


def of_selection(bundle: str, chosen: Selection | None) -> str:
    """The selected rows and their pictures in Python.

    Example:
        >>> from aegen.app.row_selection import AttributeEquals
        >>> print(of_selection("mnist", AttributeEquals("class", "4")))
        import aegen
        import numpy as np
        <BLANKLINE>
        bundle = aegen.load("mnist")
        rows = np.flatnonzero(bundle.attributes["class"].astype(str) == "4")
        images = bundle.decode(bundle.codes[rows[:24]])
    """
    imports, rows = ([], []) if chosen is None else python(chosen)
    return "\n".join(
        [
            "import aegen",
            *imports,
            "",
            f'bundle = aegen.load("{bundle}")',
            *rows,
            "bundle.codes, bundle.attributes"
            if chosen is None
            else "images = bundle.decode(bundle.codes[rows[:24]])",
        ]
    )
