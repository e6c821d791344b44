"""Figures: arrays in, a picture out (SVG text or a plotly figure); no Streamlit.

All share `palette`; SVG takes its ink from the page (``currentColor``), so one picture serves
light and dark, and plotly figures take `template`. plotly is imported only where it draws.
"""

from aegen.figures.bars import bars
from aegen.figures.contours import Contour, contours
from aegen.figures.copying import copying_scale
from aegen.figures.palette import ACCENT, CATEGORIES, QUIET, SCALE, category_colours
from aegen.figures.point_density import row_density
from aegen.figures.small_map import small_map
from aegen.figures.template import template

__all__ = [
    "ACCENT",
    "CATEGORIES",
    "QUIET",
    "SCALE",
    "Contour",
    "bars",
    "category_colours",
    "contours",
    "copying_scale",
    "row_density",
    "small_map",
    "template",
]
