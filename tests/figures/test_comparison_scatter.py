"""Pictures of comparisons: points where figures are, names apart, outsiders at the edge."""

import numpy as np
import pytest

from aegen.core.errors import InvalidInput
from aegen.figures import label_places
from aegen.figures.comparison_scatter import Compared, against_copying, against_time
from aegen.figures.contact_sheet import _wrapped, sheet
from aegen.figures.palette import ACCENT, QUIET

MODELS = [
    Compared("Empirical beta copula", 7.0, (3.0, 11.0), 0.04, (0.03, 0.05), 0.09, best=True),
    Compared("Kernel density", 16.0, (11.0, 21.0), 1.05, (1.0, 1.1), 0.9),
    Compared("Gaussian mixture", 14.0, (9.0, 19.0), 1.17, (1.1, 1.2), 2.4),
    Compared("Held-out reconstructions", 5.4, (2.0, 9.0), 1.0, (0.98, 1.02), None, reference=True),
    Compared("Bootstrap", 7.0, (3.0, 11.0), 0.0, (0.0, 0.0), 0.002, reference=True),
    Compared("Standard normal", 1900.0, (1880.0, 1920.0), 9.0, None, 0.002, reference=True),
]


def trace(figure, name):
    (found,) = [trace for trace in figure.data if trace.name == name]
    return found


def test_points_lie_where_their_figures_are_with_their_intervals():
    figure = against_copying(MODELS, "Distance", "higher", 1.0)
    kde = trace(figure, "Kernel density")
    assert (kde.x, kde.y) == ((1.05,), (16.0,))
    assert kde.error_x.array[0] == pytest.approx(0.05)
    assert kde.error_x.arrayminus[0] == pytest.approx(0.05)
    assert kde.error_y.array[0] == kde.error_y.arrayminus[0] == 5
    assert trace(figure, "Empirical beta copula").marker.color == ACCENT
    assert trace(figure, "Bootstrap").marker.color == QUIET
    assert kde.marker.color not in (ACCENT, QUIET)


def test_a_reference_beyond_the_frame_is_a_triangle_at_its_edge():
    figure = against_copying(MODELS, "Distance", "higher", 1.0)
    far = trace(figure, "Standard normal")
    low, high = figure.layout.yaxis.range
    assert far.marker.symbol == "triangle-up"
    assert far.y == (high,)
    assert low < 2 < 21 < high < 100
    assert far.customdata[0][0] == 1900.0  # which is said when one points at it
    assert not far.error_y.visible


def test_distances_of_many_sizes_are_on_a_logarithmic_scale():
    figure = against_copying(MODELS, "Distance", "lower", 0.0)
    assert figure.layout.yaxis.type == "log"
    assert figure.layout.yaxis.range[1] > np.log10(1900)
    assert trace(figure, "Standard normal").marker.symbol == "triangle-right"  # by its copying
    near = [model for model in MODELS if model.fidelity < 100]
    assert against_copying(near, "Distance", "lower", 0.0).layout.yaxis.type == "linear"
    below = [*MODELS, Compared("Below", -1.0, copying=1.0)]
    assert against_copying(below, "Distance", "lower", 0.0).layout.yaxis.type == "linear"


def test_time_is_logarithmic_and_what_has_none_is_a_line():
    figure = against_time(MODELS, "Accuracy", "nearer", 0.5)
    assert figure.layout.xaxis.type == "log"
    assert trace(figure, "Gaussian mixture").x == (2.4,)
    (note,) = figure.layout.annotations
    assert (note.text, note.y) == ("Held-out reconstructions", 5.4)
    steep = against_time(MODELS, "Distance", "lower", 0.0)
    assert steep.layout.annotations[0].y == pytest.approx(np.log10(5.4))  # as plotly wants it
    assert "Held-out reconstructions" not in [trace.name for trace in figure.data]


def test_the_title_says_which_way_is_better():
    for direction, words in (
        ("lower", "lower is better"),
        ("higher", "higher is better"),
        ("nearer", "nearer to 0.5 is better"),
    ):
        figure = against_copying(MODELS[:3], "Distance", direction, 0.5)
        assert words in figure.layout.yaxis.title.text


@pytest.mark.parametrize("draw", [against_copying, against_time])
def test_names_are_kept_apart_and_nothing_breaks_on_little(draw):
    close = [Compared(f"Model {k}", 1.0, None, 1.0, None, 0.1) for k in range(4)]
    figure = draw(close, "Distance", "lower", 0.0)
    assert len({trace.textposition for trace in figure.data}) == 4
    assert len(draw([], "Distance", "lower", 0.0).data) == 0
    one = draw([Compared("one", 0.0, None, 0.0, None, 0.0)], "Distance", "lower", 0.0)
    low, high = one.layout.yaxis.range
    assert low < 0 < high


def test_no_name_is_written_over_an_interval():
    free = Compared("a model", 0.3, None, 0.7)
    crossed = Compared("a model", 0.3, (0.1, 0.5), 0.7, (0.2, 1.2))
    (beside,), (over,) = (
        against_copying([model], "Distance", "lower", 0.0).data for model in (free, crossed)
    )
    assert beside.textposition == "middle right"
    assert over.textposition == "top right"


def test_no_name_has_room_where_another_one_is():
    name, box = label_places.room("abc", (0.5, 0.5), [])
    other, moved = label_places.room("abc", (0.5, 0.5), [box])
    assert name != other
    assert label_places._overlap(box, moved) == 0


def test_no_name_leaves_a_picture_as_narrow_as_a_phone():
    for at in np.linspace(0, 1, 21):
        _, (left, right, _, _) = label_places.room("Independent margins", (at, 0.5), [])
        assert left >= 0
        assert right <= label_places.WIDE <= 260


def test_a_sheet_holds_all_grids_under_their_names():
    dark, light = np.zeros((4, 8, 8, 1)), np.ones((4, 8, 8, 3))
    picture = sheet([("dark", dark), ("light", light), ("dark again", dark)], across=2, side=60)
    assert picture.shape[2] == 3
    assert (picture[0] == 255).all()  # the margin
    black = (picture == 0).all(axis=2)
    wide = (8 * 2 + 1) * 4
    assert black.sum() == 2 * ((8 * 4 * 2) ** 2 // 4 * 4)
    assert black.any(axis=0).sum() <= 2 * wide
    alone = sheet([("dark", dark)], side=60)
    assert alone.shape[0] < picture.shape[0]
    titled = sheet([("dark", dark)], title="A title", side=60)
    assert titled.shape[0] > alone.shape[0]
    with pytest.raises(InvalidInput, match="at least one"):
        sheet([])


def test_long_names_are_broken_into_lines():
    from PIL import ImageFont

    font = ImageFont.load_default(19)
    lines = _wrapped("Empirical beta copula with many words", font, 150)
    assert len(lines) > 1
    assert all(font.getlength(line) <= 150 for line in lines)
    assert " ".join(lines) == "Empirical beta copula with many words"
