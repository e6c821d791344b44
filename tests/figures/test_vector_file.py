"""Figures for a paper: true lines and letters, of the size that was asked for, the same bytes."""

import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from plotly import graph_objects as go

from aegen.core.errors import InvalidInput
from aegen.figures.bars import bars
from aegen.figures.comparison_scatter import Compared, against_copying, against_time
from aegen.figures.confusion import confusion
from aegen.figures.copying import copying_scale
from aegen.figures.fan_in_histogram import degrees
from aegen.figures.figure_data import figure_data
from aegen.figures.image_table import image_table
from aegen.figures.mask_bars import mask_bars
from aegen.figures.mask_frontier import FrontierPoint, frontier
from aegen.figures.mask_overlap import alike
from aegen.figures.mask_picture import mask_picture
from aegen.figures.score_histogram import mask_variable
from aegen.figures.sweep import Swept, swept
from aegen.figures.training_curves import curve
from aegen.figures.vector_file import PaperSize, vector_file

MODELS = [
    Compared("Kernel $x_1$", 0.9, (0.8, 1.0), 1.0, (0.9, 1.1), 0.01, best=True),
    Compared("Copies", 0.5, None, 0.0, None, None, reference=True),
]
POINTS = [
    FrontierPoint("paper's", "FCN", 0.0377, 0.9748, (0.037, 0.038), (0.973, 0.977), True),
    FrontierPoint("mine", "FCN", 0.02, 0.976, chosen=True, key="mine"),
    FrontierPoint("narrow", "FCN", 0.05, 0.95, size="100-50", key="narrow"),
]
FIGURES = {
    "copying": lambda: against_copying(MODELS, "Accuracy", "nearer", 0.5),
    "time": lambda: against_time(MODELS, "Accuracy", "lower", 0.0),
    "sweep": lambda: swept(
        [Swept(name, (1, 100), (3, 2), (2, 1), (4, 3)) for name in "ab"], "epochs", "distance"
    ),
    "degrees": lambda: degrees([0, 2, 2, 5]),
    "variable": lambda: mask_variable([3, 5, 2], [-1.5, -0.5, 0.5, 1.5], 0.7, trained=0.5),
    "curve": lambda: curve([1, 2, 3], {"Flips": [900, 30, 10]}, title="Flips", log=True, now=2),
    "confusion": lambda: confusion([[9, 1], [0, 10]], ["coat & hat", "shoes"]),
    "alike": lambda: alike([("fc1", 0.2, 0.1, 0.02)]),
    "bars": lambda: bars(["4", "9"], [0.61, 0.37]),
    "scale": lambda: copying_scale(0.86, 0.8, 0.9),
    "images": lambda: image_table(np.zeros((1, 2, 8, 8, 3)), rows=["a"], columns=["b", "c"]),
    "layers": lambda: mask_bars([("fc1", 1, 2, 97), ("fc2", 30, 30, 40)]),
    "frontier": lambda: frontier(POINTS, "MNIST", {"FCN": "#2a84a5"}),
    "mask": lambda: mask_picture([[1, 0, 2], [-1, 0, 1]], "fc1"),
}
SAID = {
    "copying": "Kernel $x_1$",
    "time": "seconds to fit and draw",
    "degrees": "median 2",
    "variable": "threshold \u00b10.7, trained \u00b10.5",
    "curve": "Flips",
    "confusion": "coat & h…",
    "alike": "20.0 %",
    "mask": "invert 1",
    "layers": "60.00 %",
    "frontier": "FCN",
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_has_its_size_and_its_letters(name):
    content = vector_file(FIGURES[name](), "svg", PaperSize(120, font=7))
    root = ElementTree.fromstring(content)
    assert float(root.attrib["width"].removesuffix("pt")) == pytest.approx(120 / 25.4 * 72)
    texts = ["".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert SAID.get(name, "") in texts or name not in SAID
    sizes = [
        float(found) for found in re.findall(rb"font(?:-size)?: (?:\d+ )?([\d.]+)px", content)
    ]
    assert texts
    assert max(sizes) < 9.2
    assert min(sizes) > 4
    assert bool(re.search(rb"<image", content)) == (name in ("images", "mask"))


@pytest.mark.parametrize("name", ["copying", "confusion"])
def test_a_pdf_embeds_its_letters_and_the_same_figure_gives_the_same_bytes(name):
    content = vector_file(FIGURES[name](), "pdf")
    assert content == vector_file(FIGURES[name](), "pdf")
    (box,) = re.findall(rb"/MediaBox \[ ([\d. ]+) \]", content)
    assert float(box.split()[2]) == pytest.approx(85 / 25.4 * 72)
    assert b"/FontFile2" in content
    assert b"/Type3" not in content
    assert b"CreationDate" not in content


def test_a_figure_of_pixels_has_its_size_and_white_paper():
    content = vector_file(degrees([1, 2]), "png", PaperSize(50, 40))
    picture = Image.open(io.BytesIO(content))
    assert picture.size == pytest.approx((50 / 25.4 * 300, 40 / 25.4 * 300), abs=1)
    assert picture.convert("RGBA").getpixel((2, 2)) == (255, 255, 255, 255)
    assert content == vector_file(degrees([1, 2]), "png", PaperSize(50, 40))


def test_a_height_is_kept_and_letters_grow_alone():
    figure = degrees([1, 2])
    small, large = (
        ElementTree.fromstring(vector_file(figure, "svg", PaperSize(100, 40, font)))
        for font in (6, 12)
    )
    assert small.attrib["height"] == large.attrib["height"]
    assert float(small.attrib["height"].removesuffix("pt")) == pytest.approx(40 / 25.4 * 72)


def test_bars_are_where_their_numbers_say():
    content = vector_file(degrees([0, 2, 2, 5]), "svg").decode()
    tall = [
        max(ys) - min(ys)
        for path in re.findall(r'd="(M [^"]*?)z\s*" clip-path', content)
        if len(ys := [float(y) for y in re.findall(r"[ML] \S+ (\S+)", path)]) == 4
    ]
    ratio = [height / max(tall) for height in tall]
    assert ratio == pytest.approx([0.5, 0, 1, 0, 0, 0.5], abs=1e-3)


def test_the_numbers_behind_a_figure_are_a_table():
    table = figure_data(against_copying(MODELS, "Accuracy", "nearer", 0.5))
    named = {row[0]: row[1:] for row in table.rows}
    assert named["Kernel $x_1$"] == pytest.approx((1.0, 0.9, 0.9, 1.1, 0.8, 1.0))
    assert named["Copies"][:2] == (0.0, 0.5)
    assert named["Copies"][2:] == (None,) * 4


@pytest.mark.parametrize(
    ("size", "said"), [({"width": 5}, "width of a figure"), ({"font": 100}, "font of a figure")]
)
def test_no_paper_is_of_that_size(size, said):
    with pytest.raises(InvalidInput, match=said):
        PaperSize(**size)


def test_what_cannot_be_drawn_is_refused_rather_than_left_out():
    with pytest.raises(InvalidInput, match="a pie trace"):
        vector_file(go.Figure(go.Pie(values=[1]), {"font": {"size": 12}}), "svg")
    with pytest.raises(InvalidInput, match="<ellipse>"):
        vector_file('<svg viewBox="0 0 1 1"><ellipse/></svg>', "svg")
    with pytest.raises(InvalidInput, match="svg, pdf or png"):
        vector_file(degrees([1]), "eps")
