"""Figures as files for a paper: SVG, PDF or PNG at a stated size, letters of a stated size.

matplotlib draws what a plotly figure, or an SVG picture of ours, says; no browser is needed, and
the same figure gives the same bytes.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from aegen.core.errors import InvalidInput

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Kind", "PaperSize", "vector_file"]

Kind = Literal["svg", "pdf", "png"]

INCH = 25.4
"""Millimetres."""

DOTS = 300
"""Pixels an inch, where a figure is one of pixels."""

SETTINGS: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Arial", "Helvetica"],
    "pdf.fonttype": 42,  # TrueType, embedded: publishers refuse the other kind
    "svg.fonttype": "none",  # letters stay letters
    "svg.hashsalt": "aegen",
    "axes.unicode_minus": True,
}

DATES: dict[Kind, str] = {"svg": "Date", "pdf": "CreationDate", "png": "Software"}
"""What would differ from one day, or one version, to another; it is left out."""

_settings = threading.Lock()
"""matplotlib's settings are those of the whole process."""


@dataclass(frozen=True)
class PaperSize:
    """How large a figure is on paper.

    Attributes:
        width: in millimetres; 85 is a column of two, 170 the whole width, of most journals.
        height: in millimetres; None for the figure's own proportions.
        font: size of the letters, in points.

    Raises:
        InvalidInput: a size that no paper has.
    """

    width: float = 85.0
    height: float | None = None
    font: float = 8.0

    def __post_init__(self) -> None:
        for name, value, low, high, unit in (
            ("width", self.width, 20, 1000, "mm"),
            ("height", self.height, 10, 1000, "mm"),
            ("font", self.font, 4, 40, "pt"),
        ):
            if value is not None and not low <= value <= high:
                raise InvalidInput(
                    f"the {name} of a figure may be {low} to {high} {unit}, got {value:g}"
                )


def vector_file(figure: Any, kind: Kind, size: PaperSize | None = None) -> bytes:
    """A figure as a file of lines and letters, or of pixels on white.

    Args:
        figure: a plotly figure of scatters and bars, or an SVG picture as `aegen.figures` draws.
        kind: "svg", "pdf" or "png".
        size: on paper.

    Raises:
        InvalidInput: another kind of file, or a figure with parts that cannot be drawn.

    Example:
        >>> from aegen.figures.bars import bars
        >>> vector_file(bars(["a"], [0.5]), "pdf")[:5]
        b'%PDF-'
    """
    if kind not in ("svg", "pdf", "png"):
        raise InvalidInput(f"a figure for a paper is written as svg, pdf or png, got {kind!r}")
    size = size or PaperSize()
    from matplotlib import rc_context

    fonts = _without_layout_tables() if kind == "pdf" else nullcontext()
    with _settings, fonts, rc_context(SETTINGS | {"font.size": size.font}):
        drawn = _drawn(figure, size)
        file = io.BytesIO()
        dates = {DATES[kind]: None}
        drawn.savefig(file, format=kind, metadata=dates, transparent=kind != "png", dpi=DOTS)
    return file.getvalue()


@contextmanager
def _without_layout_tables() -> Iterator[None]:
    """Fonts are embedded without their OpenType layout tables, as each letter has its place.

    To subset these takes longer than all else of a PDF. matplotlib has no setting to drop them, so
    fontTools' default is changed; where a later version names it otherwise, only time is lost.
    """
    from fontTools.subset import Options

    name = "_drop_tables_default"
    usual = getattr(Options, name, [])
    setattr(Options, name, [*usual, "GDEF", "GPOS", "GSUB"])
    try:
        yield
    finally:
        setattr(Options, name, usual)


def _drawn(figure: Any, size: PaperSize) -> Figure:
    if isinstance(figure, str):
        from aegen.figures._svg_drawing import draw_svg

        return draw_svg(figure, size.width / INCH, size.font)
    from aegen.figures._plotly_drawing import draw_plotly

    height = size.height or 0.72 * size.width
    return draw_plotly(figure, size.width / INCH, height / INCH, size.font)
