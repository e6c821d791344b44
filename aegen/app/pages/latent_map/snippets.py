"""The rows selected on the map as lines of Python."""

from __future__ import annotations

from aegen.app.row_selection import Selection, python

__all__ = ["of_selection"]


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
