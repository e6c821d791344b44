"""Pictures of masks: they hold what they were given, and refuse what does not fit."""

import re

import numpy as np
import pytest

from aegen.core.errors import InvalidInput
from aegen.figures._plot import ticks
from aegen.figures.confusion import confusion
from aegen.figures.fan_in_histogram import degrees
from aegen.figures.input_map import input_map, painted
from aegen.figures.mask_colours import MASK_COLOURS
from aegen.figures.mask_overlap import alike
from aegen.figures.score_histogram import mask_variable
from aegen.figures.training_curves import curve


def titles(svg):
    return re.findall(r"<title>(.*?)</title>", svg)


def lightness(colour):
    """CIE L* of "#rrggbb", 0 to 100."""
    channels = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    y = float(linear @ [0.2126, 0.7152, 0.0722])
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


def told_apart(colours):
    found = sorted(lightness(colour) for colour in colours[:3])
    return min(np.diff(found)) > 18


def test_the_three_states_differ_in_lightness():
    assert all(told_apart(colours) for colours in MASK_COLOURS.values())
    assert not told_apart(("#e0902b", "#2aa0e0", "#ffffff"))  # blue and orange of one lightness


def test_every_unit_is_in_the_histogram():
    values = np.random.default_rng(0).poisson(20, 300)
    values[:7] = 0
    said = titles(degrees(values))
    assert "7 units have none" in said[0]
    assert sum(int(re.match(r"[\d,]+", each)[0].replace(",", "")) for each in said) == 300
    assert degrees([]) == ""
    assert degrees([0, 0]).count("<rect") == 1


def test_the_variable_is_coloured_by_its_threshold():
    edges = np.linspace(-1, 1, 9)
    counts = np.array([1, 2, 3, 4, 5, 6, 7, 8])
    said = titles(mask_variable(counts, edges, 0.5, MASK_COLOURS["light"]))
    assert [each.rsplit(": ")[-1] for each in said] == ["invert"] * 2 + ["drop"] * 4 + ["keep"] * 2
    wider = titles(mask_variable(counts, edges, 0.0, MASK_COLOURS["light"]))
    assert not any(each.endswith("drop") for each in wider)
    with pytest.raises(InvalidInput, match="one edge more"):
        mask_variable(counts, edges[:-1], 0.5, MASK_COLOURS["light"])


def test_a_confusion_matrix_names_every_cell():
    counts = np.array([[8, 2], [0, 10]])
    said = titles(confusion(counts, ["cat", "dog"], before=[[10, 0], [0, 10]]))
    assert said[1] == "cat taken for dog: 2 (20.0 %), before 0"
    assert 'aria-label="confusion matrix: 18 of 20 right"' in confusion(counts, ["cat", "dog"])
    with pytest.raises(InvalidInput, match="2 classes"):
        confusion(np.ones((3, 3)), ["a", "b"])


def test_curves_leave_out_what_is_no_number():
    drawn = curve([1, 2, 3], [0.5, float("nan"), 0.25], title="Loss", log=True)
    assert [each.split(": ")[1] for each in titles(drawn)] == ["0.5", "0.25"]
    assert curve([1], [float("nan")], title="Loss") == ""
    assert "0 " not in titles(curve([1, 2], [0, 5], title="Flips", log=True))[0]


def test_large_numbers_fit_beside_a_curve():
    drawn = curve([1, 2, 3], [250_000, 500_000, 11_420], title="Flips", log=True)
    written = re.findall(r"<text[^>]*>([^<]*)</text>", drawn)
    assert "11.42k" in written
    assert "300k" in written
    assert max(map(len, written)) <= 7  # what there is room for
    assert titles(drawn)[-1] == "Flips, epoch 3: 11,420"


def test_where_a_layer_looks_is_counted():
    mask = np.zeros((4, 2 * 9), np.int8)
    mask[:3, 4] = (1, -1, 1)
    mask[0, 9 + 4] = 1
    found = input_map(mask, (2, 3, 3))
    assert found[1, 1] == 4
    assert found.sum() == np.count_nonzero(mask)
    with pytest.raises(InvalidInput, match="does not fit"):
        input_map(mask, (1, 3, 3))
    picture = painted(found, MASK_COLOURS["light"])
    assert tuple(picture[1, 1]) == (0x1D, 0x25, 0x29)
    assert tuple(painted(0 * found, MASK_COLOURS["light"])[0, 0]) == (0xE4, 0xE8, 0xE8)


def test_bars_of_overlap_say_what_chance_gives():
    (said,) = titles(alike([("fc1", 0.2, 0.1, 0.02)]))
    assert (
        said == "fc1: 20.0 % shared, 10.0 % by chance with the same inputs, 2.0 % by chance alone"
    )


def test_names_from_files_stay_text():
    for svg in (
        alike([("<b>", 0.2, 0.1, 0.0)]),
        confusion([[1, 0], [0, 1]], ["<script>", "b"]),
        degrees([1, 2], what="<i>"),
    ):
        assert not re.search(r"<(b|script|i)>", svg)


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 97.3), (-3, 8), (5, 5), (0.001, 0.002)])
def test_ticks_lie_inside(low, high):
    found = ticks(low, high)
    assert all(low - 1e-9 <= each <= max(high, low + 1) + 1e-9 for each in found)
    assert 1 <= len(found) <= 12
